//! The three that do something about a file: one slow, one whose service is away now and then, one that
//! meets a full mailbox.

use std::collections::HashSet;
use std::error::Error;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use factum::prelude::*;
use factum::{EventId, Key, Verdict, WeakApp};

use super::domain::{Record, UploadEvent};

type Failure = Box<dyn Error + Send + Sync>;

/// What all of them share.
#[derive(Clone)]
pub struct Desk {
    pub app: WeakApp,
    pub opened: Instant,
}

impl Desk {
    fn say(&self, who: &str, text: &str) -> io::Result<()> {
        let at = self.opened.elapsed().as_millis();
        writeln!(io::stdout(), "{at:>6} ms  {who:<14} {text}")
    }

    /// Records a result at the file, once: the command's id follows from the event's, so that a second
    /// delivery sends the same command, which the store knows.
    async fn record(&self, step: &str, at: &Origin, result: String) -> Result<(), Failure> {
        self.say(step, &format!("{}: {result}", at.id()))?;
        let app = self.app.upgrade().ok_or("the app is gone")?;
        let record = Record { file: at.id().to_owned(), step: step.to_owned(), result };
        app.send(record).id(Key::from(at.event_id().uuid()).derive(step)).await?;
        Ok(())
    }
}

/// Slow.
pub struct Thumbnails(pub Desk);

impl Subscribe<UploadEvent> for Thumbnails {
    type Error = Failure;
    async fn on(&self, event: &UploadEvent, at: &Origin) -> Result<(), Failure> {
        let UploadEvent::FileUploaded { .. } = event else { return Ok(()) };
        tokio::time::sleep(Duration::from_millis(250)).await;
        self.0.record("thumbnails", at, "drawn, 128 x 128".to_owned()).await
    }
}

/// Its service is away for the first call about every third file.
pub struct Metadata(pub Desk, pub Mutex<HashSet<EventId>>);

impl Subscribe<UploadEvent> for Metadata {
    type Error = Failure;
    async fn on(&self, event: &UploadEvent, at: &Origin) -> Result<(), Failure> {
        let UploadEvent::FileUploaded { kilobytes, .. } = event else { return Ok(()) };
        let first = self.1.lock().unwrap_or_else(PoisonError::into_inner).insert(at.event_id());
        if first && at.id().bytes().map(u32::from).sum::<u32>() % 3 == 0 {
            self.0.say("metadata", &format!("{}: the service is away", at.id()))?;
            return Err("the service is away".into());
        }
        self.0.record("metadata", at, format!("{kilobytes} kB")).await
    }
}

/// A mailbox that is full stays so until somebody empties it.
pub struct Notifications(pub Desk, pub Arc<AtomicBool>);

#[derive(Debug, thiserror::Error)]
#[error("the mailbox of {0} is full")]
struct MailboxFull(String);

impl Subscribe<UploadEvent> for Notifications {
    type Error = Failure;
    async fn on(&self, event: &UploadEvent, at: &Origin) -> Result<(), Failure> {
        let UploadEvent::FileUploaded { owner, .. } = event else { return Ok(()) };
        if owner == "bob" && self.1.load(Ordering::SeqCst) {
            self.0.say("notifications", &format!("{}: the mailbox of {owner} is full", at.id()))?;
            return Err(MailboxFull(owner.clone()).into());
        }
        // A real mailer gets the event's id, as the mail's: it sends none twice.
        self.0.record("notifications", at, format!("mail to {owner}")).await
    }

    fn verdict(&self, error: &Failure) -> Verdict {
        if error.is::<MailboxFull>() { Verdict::Park } else { Verdict::Retry }
    }
}
