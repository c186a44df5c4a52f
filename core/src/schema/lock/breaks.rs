//! What of the locked forms the code of today can no longer read.

use super::advice;
use super::block::{Entry, Subject};
use super::family::{Family, Member, families};
use super::form::Form;
use super::reading::{Obstacle, obstacles};
use super::samples::{self, UnreadSample};
use super::today::{Events, Known};
use super::{Break, Fault, Rule, boundary, sagas, tags};
use crate::schema::{Description, SampleReader};

/// All that breaks, in the order of the file.
pub(super) fn breaks(lock: &[Entry], app: &Description) -> Vec<Break> {
    let events = Events::of(app);
    let mut breaks: Vec<_> = lock.iter().filter_map(|entry| of_entry(entry, lock, app)).collect();
    let families = families(lock);
    for family in &families {
        breaks.extend(match successor(family, &families, &events) {
            Some(event) => renamed(family, &event).into_iter().collect(),
            None => of_event(family, &events),
        });
    }
    breaks.sort_by_key(|broken| broken.faults.iter().map(|fault| fault.line).min());
    breaks
}

/// What breaks with one that is no event.
fn of_entry(entry: &Entry, lock: &[Entry], app: &Description) -> Option<Break> {
    match &entry.subject {
        Subject::Aggregate(name) => of_aggregate(entry, name, app),
        Subject::Command(name) => of_command(entry, name, app),
        Subject::View { name, version } => of_view(entry, name, *version, app),
        Subject::Saga { name, version } => sagas::broken(entry, (name, *version), lock, app),
        Subject::Event { .. } | Subject::Snapshot(_) => None,
    }
}

fn of_aggregate(entry: &Entry, name: &str, app: &Description) -> Option<Break> {
    match app.aggregates.iter().find(|aggregate| aggregate.name == name) {
        Some(aggregate) => boundary::changed(entry, name, aggregate),
        None => Some(gone(entry, Rule::RemovedAggregate, advice::removed_aggregate(name))),
    }
}

fn of_command(entry: &Entry, name: &str, app: &Description) -> Option<Break> {
    let Some(command) = app.all_commands().into_iter().find(|command| command.name == name) else {
        return Some(gone(entry, Rule::RemovedCommand, advice::REMOVED_COMMAND.to_owned()));
    };
    let obstacles = obstacles(&entry.form, &Form::of(&command.fields));
    broken(entry, obstacles, |obstacles| advice::command(name, obstacles))
        .or_else(|| unread(entry, command.read, name, 1, ""))
}

/// The rows of other versions are built anew, from the log.
fn of_view(entry: &Entry, name: &str, version: u32, app: &Description) -> Option<Break> {
    let mut views = app.views().into_iter();
    let view = views.find(|view| view.name == name && view.version == version)?;
    let mut obstacles = obstacles(&entry.form, &Form::of(&view.row));
    obstacles.iter_mut().for_each(|obstacle| obstacle.rule = Rule::ChangedRow);
    broken(entry, obstacles, |_| advice::changed_row(name, version))
        .or_else(|| unread(entry, view.read, name, version, ""))
}

/// The event that took the place of one that is gone, as it has a name that this one had before.
fn successor<'a>(
    family: &Family<'_>,
    families: &[Family<'_>],
    events: &Events<'a>,
) -> Option<Known<'a>> {
    if events.reader(family.name).is_some() {
        return None;
    }
    let lists =
        |event: &Known<'_>| family.was.iter().any(|(was, _)| event.schema.was.contains(was));
    let is_new = |event: &Known<'_>| families.iter().all(|other| other.name != event.schema.name);
    events.iter().find(|event| lists(event) && is_new(event))
}

fn renamed(family: &Family<'_>, event: &Known<'_>) -> Option<Break> {
    let what = format!("it is named {} now, and this name is no longer read", event.schema.name);
    let advice = advice::forgotten_name(family.name, event);
    Some(single(family.newest()?.entry, Rule::ForgottenName, what, advice))
}

fn of_event(family: &Family<'_>, events: &Events<'_>) -> Vec<Break> {
    let mut breaks = of_names(family, events);
    let Some(newest) = family.newest() else { return breaks };
    let Some(event) = events.reader(family.name) else {
        let advice = advice::removed_event(family.name);
        breaks.push(gone(newest.entry, Rule::RemovedEvent, advice));
        return breaks;
    };
    if newest.version > event.schema.version {
        breaks.push(lowered(newest, &event));
    }
    breaks.extend(tags::breaks(newest, &event));
    // A name that is not read as this event's any more has been told of.
    let own = |member: &&Member<'_>| is_same(events.reader(member.name), &event);
    breaks.extend(family.members.iter().filter(own).filter_map(|member| of_form(*member, &event)));
    if breaks.is_empty() {
        breaks.extend(family.members.iter().filter_map(|member| of_samples(*member, &event)));
    }
    breaks
}

fn is_same(one: Option<Known<'_>>, other: &Known<'_>) -> bool {
    one.is_some_and(|one| one.schema.name == other.schema.name)
}

/// What breaks with the names that an event had before.
fn of_names(family: &Family<'_>, events: &Events<'_>) -> Vec<Break> {
    let today = events.reader(family.name);
    let broken = |(was, entry): &(&str, &Entry)| match (events.reader(was), &today) {
        (None, Some(event)) => Some(forgotten(was, entry, event)),
        (Some(other), Some(event)) if other.schema.name == event.schema.name => None,
        (Some(other), _) => Some(reused(was, entry, family.name, &other)),
        // That the event is gone says it all.
        (None, None) => None,
    };
    family.was.iter().filter_map(broken).collect()
}

/// What breaks with one form of an event.
fn of_form(member: Member<'_>, event: &Known<'_>) -> Option<Break> {
    let Member { entry, version, .. } = member;
    if version > event.schema.version {
        return None;
    }
    if version == event.schema.version {
        let obstacles = obstacles(&entry.form, &Form::of(&event.schema.fields));
        return broken(entry, obstacles, |obstacles| advice::raise(event, &entry.form, obstacles));
    }
    if !event.has_upcaster(version) {
        let what = format!("nothing leads on from it to version {}", event.schema.version);
        let advice = advice::missing_upcaster(event, version, &entry.form);
        return Some(single(entry, Rule::MissingUpcaster, what, advice));
    }
    let taken = event.past_form(version)?;
    let obstacles = past_obstacles(&entry.form, &taken);
    broken(entry, obstacles, |_| advice::mismatch(event, version, &entry.form))
}

/// What breaks with one form of an event that the forms do not tell.
fn of_samples(member: Member<'_>, event: &Known<'_>) -> Option<Break> {
    let Member { entry, version, name } = member;
    let way = if version < event.schema.version { ", by way of its upcasters," } else { "" };
    unread(entry, event.schema.read, name, version, way)
}

pub(super) fn unread(
    entry: &Entry,
    read: SampleReader,
    name: &str,
    version: u32,
    way: &str,
) -> Option<Break> {
    if entry.unsampled {
        return None;
    }
    let UnreadSample { json, why } = samples::unread(&entry.form, read, name, version)?;
    let what = format!("the sample {json}{way} {why}");
    let advice = advice::unreadable_sample(&why);
    Some(single(entry, Rule::UnreadableSample, what, advice))
}

/// Where an upcaster cannot take what is locked. It may leave fields out: it is the place to say so.
fn past_obstacles(locked: &Form, taken: &Form) -> Vec<Obstacle> {
    if locked.is_unknown() {
        return Vec::new();
    }
    let mut obstacles = obstacles(locked, taken);
    obstacles.retain(|obstacle| !obstacle.cause.is_choice_of_upcaster());
    for obstacle in &mut obstacles {
        obstacle.rule = Rule::UpcasterMismatch;
        obstacle.what = format!("in what its upcaster takes, {}", obstacle.what);
    }
    obstacles
}

fn forgotten(was: &str, entry: &Entry, event: &Known<'_>) -> Break {
    let what = format!("it was named {was} before, and that name is no longer read");
    single(entry, Rule::ForgottenName, what, advice::forgotten_name(was, event))
}

fn reused(was: &str, entry: &Entry, name: &str, other: &Known<'_>) -> Break {
    let what =
        format!("it was named {was} before, and that name is now read as {}", other.schema.name);
    single(entry, Rule::ReusedName, what, advice::reused_name(was, name))
}

fn lowered(newest: Member<'_>, event: &Known<'_>) -> Break {
    let what = format!("the version of today is {}", event.schema.version);
    let advice = advice::lowered_version(newest.version);
    single(newest.entry, Rule::LoweredVersion, what, advice)
}

pub(super) fn gone(entry: &Entry, rule: Rule, advice: String) -> Break {
    single(entry, rule, "it is gone".to_owned(), advice)
}

pub(super) fn single(entry: &Entry, rule: Rule, what: String, advice: String) -> Break {
    let faults = vec![Fault { rule, line: entry.head, what }];
    Break { subject: entry.subject.clone(), faults, advice }
}

pub(super) fn broken(
    entry: &Entry,
    obstacles: Vec<Obstacle>,
    advice: impl FnOnce(&[Obstacle]) -> String,
) -> Option<Break> {
    let advice = format!("{}{}", advice::notes(&obstacles), advice(&obstacles));
    let fault = |Obstacle { rule, path, what, .. }: Obstacle| {
        let line = entry.number_of(&path);
        Fault { rule, line, what }
    };
    let faults: Vec<_> = obstacles.into_iter().map(fault).collect();
    let subject = entry.subject.clone();
    (!faults.is_empty()).then_some(Break { subject, faults, advice })
}
