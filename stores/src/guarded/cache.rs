use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use factum_core::store::Page;
use hashlink::LinkedHashMap;
use tokio::time::Instant;

/// Pages that were read, the least recently used first. Holds so many events at the most.
#[derive(Debug)]
pub(super) struct Cache {
    most: usize,
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    by_question: LinkedHashMap<String, (Page, Instant)>,
    /// How much they hold.
    weight: usize,
}

impl Cache {
    pub(super) fn new(most: usize) -> Self {
        Self { most, pages: Mutex::default() }
    }

    /// Keeps the answer to a question, unless it alone is too much: the others are not driven out
    /// for what cannot stay.
    pub(super) fn remember(&self, question: String, page: &Page) {
        if weight(page) > self.most {
            return;
        }
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.weight += weight(page);
        let before = pages.by_question.insert(question, (page.clone(), Instant::now()));
        pages.weight -= before.map_or(0, |(page, _)| weight(&page));
        while pages.weight > self.most
            && let Some((_, (page, _))) = pages.by_question.pop_front()
        {
            pages.weight -= weight(&page);
        }
    }

    /// The last answer to a question, and its age.
    pub(super) fn recall(&self, question: &str) -> Option<(Page, Duration)> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let (page, read) = pages.by_question.to_back(question)?;
        Some((page.clone(), read.elapsed()))
    }
}

/// The page itself takes some room, too.
fn weight(page: &Page) -> usize {
    page.events.len() + 1
}
