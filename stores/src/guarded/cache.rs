use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use factum_core::store::{Page, Recorded};
use hashlink::LinkedHashMap;
use tokio::time::Instant;

/// Pages that were read, the least recently used first. Holds about so many bytes at the
/// most.
#[derive(Debug)]
pub(super) struct Cache {
    most: usize,
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    by_question: LinkedHashMap<String, Kept>,
    /// How much they hold.
    weight: usize,
}

#[derive(Debug)]
struct Kept {
    page: Page,
    weight: usize,
    read: Instant,
}

impl Cache {
    pub(super) fn new(most: usize) -> Self {
        Self { most, pages: Mutex::default() }
    }

    /// Keeps the answer to a question, unless it alone is too much: the others are not driven out
    /// for what cannot stay.
    pub(super) fn remember(&self, question: String, page: &Page) {
        let weight = weight(&question, page);
        if weight > self.most {
            return;
        }
        let kept = Kept { page: page.clone(), weight, read: Instant::now() };
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.weight += weight;
        let before = pages.by_question.insert(question, kept);
        pages.weight -= before.map_or(0, |kept| kept.weight);
        while pages.weight > self.most
            && let Some((_, kept)) = pages.by_question.pop_front()
        {
            pages.weight -= kept.weight;
        }
    }

    /// The last answer to a question, and its age.
    pub(super) fn recall(&self, question: &str) -> Option<(Page, Duration)> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = pages.by_question.to_back(question)?;
        Some((kept.page.clone(), kept.read.elapsed()))
    }
}

/// How many bytes an answer takes, about: what its events share with others counts for each.
fn weight(question: &str, page: &Page) -> usize {
    let event = |event: &Recorded| size_of::<Recorded>() + event.payload.len();
    size_of::<Kept>() + question.len() + page.events.iter().map(event).sum::<usize>()
}
