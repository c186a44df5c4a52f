//! What to do about a breaking change.

use super::Rule;
use super::block::UNSAMPLED;
use super::cause::Cause;
use super::form::Form;
use super::reading::{Obstacle, Renamed};
use super::tags::FieldTag;
use super::today::Known;
use super::{FILE, UPDATE, upcaster};
use crate::schema::Unread;

pub(super) const REMOVED_COMMAND: &str = "\
what sends it (a queue, a saga, another service) would be refused: keep it; if nothing sends it any
more, take its block out of the lock file by hand";

pub(super) fn removed_aggregate(name: &str) -> String {
    format!(
        "its streams are named {name}-…, and would not be found any more: keep the name (the Rust type \
         may have\nanother); if no store has such streams, take its block out of {FILE} by hand"
    )
}

pub(super) fn removed_saga(name: &str) -> String {
    format!(
        "the streams of its instances are named saga.{name}-…, and those under way would not be led on any \
         more:\nkeep it under this name (the Rust type may have another) until the last one has ended; if no \
         store has\nany under way, take its blocks out of {FILE} by hand"
    )
}

pub(super) fn dropped_command(command: &str) -> String {
    format!(
        "an instance under way may have it yet to send, or to undo something with, and would be stuck: keep \
         it\nlisted in `sends(…)` or `calls(…)`; if no instance has it left, take {command} off the block's \
         first line in\n{FILE}, by hand"
    )
}

pub(super) fn lowered_saga(version: u32) -> String {
    format!(
        "instances under way may have a state of version {version}: keep it, and to go back to an older \
         form, raise it\nand lead on from {version} to that"
    )
}

/// For a state that changed though its version did not.
pub(super) fn changed_state(name: &str, version: u32, obstacles: &[Obstacle]) -> String {
    let keep = match Loss::of(obstacles) {
        Loss::Silent => {
            "what instances under way say there would be lost without a word: keep it".to_owned()
        }
        Loss::Refusal { new_fields } => format!(
            "instances under way have the old form: keep that readable{}",
            may_be_left_out(new_fields)
        ),
    };
    let Some(raised) = version.checked_add(1) else {
        return format!(
            "{keep};\n{version} is the last version that there is, so that the new form needs a saga with a \
             name of its own"
        );
    };
    let before = if version == 1 { "" } else { ".., " };
    format!(
        "{keep},\nor raise the version and lead from the old form to the new:\n\n    \
         #[saga(name = {name:?}, version = {raised}, upcast({before}{version} => from_v{version}), ..)]\n\n    \
         use factum::upcast::Fields;\n    fn from_v{version}(mut old: Fields) -> Fields {{ .. }}"
    )
}

/// For a command whose form changed.
pub(super) fn command(name: &str, obstacles: &[Obstacle]) -> String {
    let keep = match Loss::of(obstacles) {
        Loss::Silent => "what senders say there would be lost without a word: keep it".to_owned(),
        Loss::Refusal { new_fields } => {
            format!(
                "what sends it in the old form would be refused: keep that readable{}",
                may_be_left_out(new_fields)
            )
        }
    };
    format!("{keep},\nor give the new form a name of its own beside this one, such as `{name}_2`")
}

/// What becomes of what is stored or sent in the old form.
enum Loss {
    /// It is read, and a part of it is lost.
    Silent,
    /// It is refused, and perhaps for new fields.
    Refusal { new_fields: bool },
}

impl Loss {
    fn of(obstacles: &[Obstacle]) -> Self {
        if obstacles.iter().all(|obstacle| obstacle.cause == Cause::LeftOut) {
            return Self::Silent;
        }
        Self::Refusal {
            new_fields: obstacles.iter().any(|obstacle| obstacle.rule == Rule::RequiredField),
        }
    }
}

fn may_be_left_out(new_fields: bool) -> &'static str {
    if new_fields {
        " (a field may be left out if it is an\n`Option` or has `#[serde(default)]`)"
    } else {
        ""
    }
}

pub(super) fn removed_tags(tags: &[FieldTag]) -> String {
    let keep: Vec<_> = tags.iter().map(attribute).collect();
    format!(
        "a boundary, a guard or a view that asks for it would miss what is written from now on: keep\n{};\nif \
         nothing asks for it any more, take it out of the block's first line in {FILE}, by hand",
        keep.join(", ")
    )
}

pub(super) fn added_tags(tags: &[FieldTag]) -> String {
    let written: Vec<_> = tags.iter().map(ToString::to_string).collect();
    format!(
        "stored events do not carry it, and no upcaster adds it: a boundary, a guard or a view that asks for \
         it\nwould miss them. Give the event with the tag a name of its own, beside this one, and go on \
         reading both;\nif no store has such events, or those that it has need not be found by the tag, add \
         it to the tags on the\nblock's first line in {FILE}, by hand: `tags {}`",
        written.join(", ")
    )
}

/// As it is written on the field.
fn attribute(tag: &FieldTag) -> String {
    let FieldTag { name, field } = tag;
    if name == field {
        format!("`#[tag]` on `{field}`")
    } else {
        format!("`#[tag({name:?})]` on `{field}`")
    }
}

/// For an aggregate with these tags before and now; none of one stream.
pub(super) fn changed_boundary(name: &str, was: &[String], is: &[String]) -> String {
    let keep = match was {
        [] => "keep it without `boundary(…)`".to_owned(),
        was => format!("keep `boundary({})`", was.join(", ")),
    };
    let only_order = was.len() == is.len() && was.iter().all(|tag| is.contains(tag));
    let why = if only_order {
        format!(
            "its streams are named {name}-… after the tags in their order, and each would go on under \
             another name:\n"
        )
    } else {
        "its states would be the fold of other events than those that it has decided on, and its streams \
         would\nhave other names: "
            .to_owned()
    };
    format!(
        "{why}{keep}, or give the aggregate with the other boundary a name of its own;\nif it is sure that \
         all that it has to see carries the tags of today, and that nothing asks for its streams\nby name, \
         write the boundary into the block's first line in {FILE}, by hand"
    )
}

pub(super) fn unreadable_sample(why: &Unread) -> String {
    let what = match why {
        Unread::NotReadAgain(_) => {
            "what is written in this form cannot be read again: let serde's attributes for writing and for \
             reading\nagree"
        }
        _ => {
            "what is stored or sent may be like that, as it has the form that is locked: let upcasters, \
             checks and\n`Deserialize` impls take it, or let a new version do so"
        }
    };
    format!(
        "{what};\nif it is sure that nothing is like that, put `{UNSAMPLED}` at the end of the block's \
         first line in\n{FILE}, by hand",
        UNSAMPLED = UNSAMPLED.trim_start(),
    )
}

pub(super) fn changed_row(name: &str, version: u32) -> String {
    let Some(raised) = version.checked_add(1) else {
        return format!(
            "stored rows have the old form: keep that readable; {version} is the last version that there \
             is, so\nthat the new form needs a projection with a name of its own"
        );
    };
    format!(
        "stored rows have the old form: raise the version, and the rows are built anew from the log:\n\n    \
         #[projection(name = {name:?}, version = {raised}, ..)]"
    )
}

pub(super) fn removed_event(name: &str) -> String {
    format!(
        "stored events have this name: keep it, or write `was = \"{name}\"` on the event that took \
         its place;\nif no store has one any more, take its blocks out of {FILE} by hand"
    )
}

pub(super) fn forgotten_name(was: &str, event: &Known<'_>) -> String {
    format!(
        "stored events have the old name: write `was = \"{was}\"` on {};\nif no store has one any \
         more, take the name and its blocks out of {FILE} by hand",
        place(event)
    )
}

pub(super) fn reused_name(was: &str, name: &str) -> String {
    format!(
        "stored {was} events are {name} events, and would be taken for something else: give the new \
         event\nanother name"
    )
}

pub(super) fn lowered_version(version: u32) -> String {
    let Some(raised) = version.checked_add(1) else {
        return format!(
            "stored events may have version {version}: keep it; it is the last that there is, so that \
             another\nform needs an event with a name of its own"
        );
    };
    format!(
        "stored events may have version {version}: keep it, and to go back to an older form, raise \
         the\nversion to {raised} and lead from {version} to that"
    )
}

pub(super) fn missing_upcaster(event: &Known<'_>, version: u32, locked: &Form) -> String {
    format!(
        "stored events may have version {version}: name an upcaster in `upcast({version} => …)` on \
         {}:\n\n{}",
        place(event),
        upcaster::function(event, version, locked)
    )
}

pub(super) fn mismatch(event: &Known<'_>, version: u32, locked: &Form) -> String {
    format!(
        "stored events of version {version} have the form that is locked: let the upcaster take \
         that:\n\n{}",
        upcaster::function(event, version, locked)
    )
}

/// What is to be said first: of names, and of places of which the forms do not tell all.
pub(super) fn notes(obstacles: &[Obstacle]) -> String {
    let has = |cause| obstacles.iter().any(|obstacle| obstacle.cause == cause);
    let mut notes = String::new();
    for Renamed { from, to } in obstacles.iter().filter_map(|obstacle| obstacle.renamed.as_ref()) {
        notes += &format!(
            "if `{to}` is what `{from}` was, under a new name, write `#[serde(alias = {from:?})]` on it; \
             otherwise:\n\n"
        );
    }
    if has(Cause::NowAny) {
        notes += &format!(
            "serde asks a type that is `any` (it has `tag`, `untagged` or `flatten`) for anything, so \
             that nothing\nsays what it reads: if it is sure that it reads what is stored, let {FILE} say \
             `any` there, without the\nplaces inside, by hand; otherwise:\n\n"
        );
    }
    if has(Cause::WasAny) {
        notes += &format!(
            "nothing is known of what was stored as `any`: if it is sure that it can be read, take the \
             block out of\n{FILE} by hand, and run `{UPDATE}`; otherwise:\n\n"
        );
    }
    if has(Cause::NowChecked) {
        notes += &format!(
            "a type that looks at what it reads (a sample that it takes stands behind `like`) may refuse \
             what is\nstored: if it is sure that all of it passes, write the new kind into {FILE} by \
             hand; otherwise:\n\n"
        );
    }
    notes
}

/// For a form that changed though its version did not.
pub(super) fn raise(event: &Known<'_>, locked: &Form, obstacles: &[Obstacle]) -> String {
    let version = event.schema.version;
    let keep = match Loss::of(obstacles) {
        Loss::Silent => {
            "what stored events say there would be lost without a word: keep it".to_owned()
        }
        Loss::Refusal { new_fields } => {
            format!(
                "stored events have the old form: keep that readable{}",
                may_be_left_out(new_fields)
            )
        }
    };
    let Some(raised) = version.checked_add(1) else {
        return format!(
            "{keep};\n{version} is the last version that there is, so that the new form needs an event with a name of its own"
        );
    };
    if event.schema.variant.is_empty() {
        return format!(
            "{keep}, or raise the version to {raised} in `TYPES`\nand let `decode` read version {version} as it is locked"
        );
    }
    format!(
        "{keep}, or raise the version and lead from the old\nform to the new{}:\n\n{}\n\n{}",
        if event.schema.past.is_empty() { "" } else { ", and the upcaster before to the old" },
        upcaster::attribute(event, raised),
        upcaster::function(event, version, locked)
    )
}

/// Where the attribute of an event stands.
fn place(event: &Known<'_>) -> String {
    if event.schema.variant.is_empty() {
        event.schema.name.to_owned()
    } else {
        format!("`{}::{}`", event.enum_name, event.schema.variant)
    }
}
