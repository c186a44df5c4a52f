//! Logs that have a great many instances, written without the saga that would have led them.

use std::time::Duration;

use factum::codec::Form;
use factum::prelude::*;
use factum::saga::{Act, Answer, Cause, Letter, Saga, SagaEvent, When};
use factum::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum::{EventName, Key, Position, StreamName, Tags};
use factum_benches::Result;
use factum_benches::load::now;
use factum_core::saga::{Json, Kept, Reacted, Resolved, Told};

use crate::bank::{Deposit, Transfers};
use crate::reminders::Reminders;

/// How many instances go into one append.
const RUN: u32 = 4096;
/// When the timers of pending instances are due: long after the benchmark.
const LATER: Duration = Duration::from_secs(24 * 3600);

/// Appends so many instances.
pub(crate) async fn append(
    store: &dyn EventStore,
    instances: u32,
    one: impl Fn(u32) -> Result<Commit>,
) -> Result<()> {
    for first in (0..instances).step_by(RUN as usize) {
        let commits = (first..instances.min(first + RUN)).map(&one);
        for outcome in store.append(commits.collect::<Result<_>>()?).await? {
            outcome?;
        }
    }
    Ok(())
}

/// An instance that waits for its reminder.
pub(crate) fn pending(number: u32) -> Result<Commit> {
    let due = When::At(now().plus(LATER + Duration::from_millis(u64::from(number % 100_000))));
    let acts = vec![Act::After { timer: "due".to_owned(), when: due, then: vec![Act::Complete] }];
    let set = ("reminder.set", format!("reminder-pending-{number}"));
    commit::<Reminders>(&format!("pending-{number}"), vec![reacted::<Reminders>(set, acts)?])
}

/// An instance that has taken money from one account to another.
pub(crate) fn finished(number: u32) -> Result<Commit> {
    let (from, to) = (format!("account-{}", number % 1000), format!("{}", number % 999));
    let acts = vec![
        Act::Undo(letter(&Deposit { account: from.clone(), cents: 5 })?),
        Act::Send { letter: letter(&Deposit { account: to, cents: 5 })?, undo: None },
        Act::Complete,
    ];
    let begun = reacted::<Transfers>(("account.transfer_started", from), acts)?;
    let told = Told::only(now(), Vec::new());
    let resolved = Resolved { errand: 1, answer: Answer::Accepted, keep_undo: true, told };
    let id = Key::now_v7().to_string();
    commit::<Transfers>(&id, vec![begun, SagaEvent::Answered(resolved)])
}

fn letter<C: Command>(command: &C) -> Result<Letter> {
    Ok(Letter { command: C::NAME.to_owned(), fields: Json::of(C::form(), command)? })
}

fn reacted<S: Saga>((name, stream): (&str, String), acts: Vec<Act>) -> Result<SagaEvent> {
    let form: Form<S> = S::form();
    let state = Some(Kept { version: S::VERSION, fields: Json::of(form, &S::begin())? });
    let (key, position) = (Key::now_v7(), Position::START);
    let cause = Cause { id: key.event(0), name: name.to_owned(), stream, position };
    let told = Told { time: now(), state, acts };
    Ok(SagaEvent::Reacted(Reacted { cause, correlation: key.uuid(), told }))
}

fn commit<S: Saga>(id: &str, events: Vec<SagaEvent>) -> Result<Commit> {
    let events = events.iter().map(written).collect::<Result<_>>()?;
    let stream = StreamName::of(S::CATEGORY, id)?;
    let write = StreamWrite { stream, expected: Expected::NoStream, events };
    let meta = Metadata { time: now(), ..Metadata::default() };
    Ok(Commit { key: Key::now_v7(), meta, writes: vec![write], guard: None, views: Vec::new() })
}

fn written(event: &SagaEvent) -> Result<NewEvent> {
    let mut payload = Vec::new();
    event.encode(&mut payload)?;
    let name = EventName::fixed(event.event_type().name);
    Ok(NewEvent { name, version: 1, tags: Tags::none(), payload: payload.into() })
}
