//! `#[derive(Saga)]`.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Data, DeriveInput, Field, LitStr, Path, Type, parse_quote};

use super::docs::{Docs, unraw};
use super::history::{self, History};
use super::source::Source;
use super::{Item, misplaced};
use crate::attr::{self, Spec};
use crate::ctxt::Ctxt;
use crate::{names, tokens};

const SPEC: Spec = Spec {
    attr: "saga",
    usage: "#[saga(name = \"…\", starts(…), sends(…))]",
    first: None,
    options: &[
        "name", "starts", "from", "by", "sends", "calls", "answers", "version", "upcast", "crate",
    ],
    repeated: &[],
    hints: &[
        ("event", HEARS),
        ("events", HEARS),
        ("commands", "what a saga sends is listed in `sends(…)`"),
        ("key", "`by = …` names the tag whose value is the id of an instance"),
        ("snapshot", "the state of a saga is kept with each of its steps: take this out"),
        ("was", "a saga keeps its name, by which the instances under way are found"),
    ],
};

const HEARS: &str = "the events that a saga begins with are listed in `starts(…)`, as \
                     `AccountEvent::TransferStarted`, and the enums of others in `from(…)`";

const REQUIRED: &[(&str, &str)] = &[
    ("name", "`name = \"…\"`, of which the streams of its instances are called"),
    ("starts", "`starts(…)`, the events that an instance begins with"),
];

#[cfg(test)]
pub(crate) const SPECS: &[&Spec] = &[&SPEC];

pub(crate) struct Saga {
    pub(crate) item: Item,
    pub(crate) name: Option<LitStr>,
    pub(crate) history: History,
    pub(crate) heard: Vec<Heard>,
    /// The tag whose value is the id of an instance, where no function gives it; the correlation if
    /// there is none.
    pub(crate) tag: Option<LitStr>,
    pub(crate) sent: Vec<Sent>,
    /// The commands whose answers it takes.
    pub(crate) answers: Vec<Type>,
    pub(crate) docs: Docs,
}

/// An enum whose events it hears.
pub(crate) struct Heard {
    pub(crate) event: Type,
    /// The function that gives the id of the instance.
    pub(crate) by: Option<Path>,
    /// The variants that an instance begins with.
    pub(crate) starts: Vec<Path>,
}

/// A command that it may send.
pub(crate) struct Sent {
    pub(crate) command: Type,
    /// Whether a step carries it out, and not an aggregate.
    pub(crate) to_step: bool,
}

#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    starts: Vec<Path>,
    from: Vec<Source>,
    by: Option<TagName>,
    sent: Vec<Sent>,
    answers: Vec<Type>,
    history: history::Options,
    krate: Option<Path>,
}

/// The name of a tag: a word, or a text where it is none.
struct TagName(LitStr);

impl Parse for TagName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self);
        }
        let word = input.call(Ident::parse_any)?;
        Ok(Self(LitStr::new(&unraw(&word), word.span())))
    }
}

impl Saga {
    pub(crate) fn parse(cx: &Ctxt, input: &DeriveInput) -> Self {
        let mut options = Options::default();
        let found = attr::read(cx, &input.attrs, &SPEC, &mut |option, word, input| {
            set(cx, &mut options, option, word, input)
        });
        found.require(cx, &input.ident, &SPEC, REQUIRED);
        if let Some(name) = &options.name {
            names::check_category(cx, name);
        }
        let fields = check_item(cx, input);
        let heard = heard(cx, options.starts, options.from);
        let tag = options.by.map(|TagName(name)| name);
        if let Some(tag) = &tag {
            names::check_tag(cx, tag);
            if !heard.is_empty() && heard.iter().all(|heard| heard.by.is_some()) {
                cx.error(
                    tag,
                    "each enum has a function behind `by`: take this out, or the functions",
                );
            }
        }
        let sent = once_each(cx, options.sent);
        let answers = answered(cx, options.answers, &sent);
        Self {
            item: Item::of(cx, input, options.krate),
            name: options.name,
            history: options.history.check(cx, "the state of this saga"),
            heard,
            tag,
            sent,
            answers,
            docs: Docs::of(&input.attrs, fields),
        }
    }
}

fn set(
    cx: &Ctxt,
    options: &mut Options,
    option: &str,
    word: &Ident,
    input: ParseStream<'_>,
) -> syn::Result<()> {
    let sent = |example, to_step| {
        let listed = attr::list(word, input, example)?;
        let sent = listed.into_iter().map(move |command| Sent { command, to_step });
        syn::Result::Ok(sent)
    };
    match option {
        "name" => options.name = Some(attr::text(word, input)?),
        "starts" => {
            let listed = attr::list(word, input, "AccountEvent::TransferStarted")?;
            if listed.is_empty() {
                cx.error(word, "a saga begins with an event: name at least one variant");
            }
            options.starts.extend(listed);
        }
        "from" => options.from.extend(attr::list(word, input, "AccountEvent")?),
        "by" => options.by = Some(attr::value(word, input, "order")?),
        "sends" => options.sent.extend(sent("Deposit", false)?),
        "calls" => options.sent.extend(sent("Charge", true)?),
        "answers" => options.answers.extend(attr::list::<Type>(word, input, "Charge")?),
        "crate" => options.krate = Some(attr::krate(word, input)?),
        _ => {
            options.history.set(option, word, input)?;
        }
    }
    Ok(())
}

/// The fields of the state that have names of their own.
fn check_item<'a>(cx: &Ctxt, input: &'a DeriveInput) -> Vec<&'a Field> {
    let on_a_part = |attrs: &[Attribute]| {
        misplaced(
            cx,
            attrs,
            &[
                ("saga", "`#[saga(…)]` goes on the type"),
                ("tag", "tags are on the fields of events: `by = …` names one; take this out"),
            ],
        );
    };
    match &input.data {
        Data::Struct(data) => {
            data.fields.iter().for_each(|field| on_a_part(&field.attrs));
            data.fields.iter().collect()
        }
        Data::Enum(data) => {
            for variant in &data.variants {
                on_a_part(&variant.attrs);
                variant.fields.iter().for_each(|field| on_a_part(&field.attrs));
            }
            Vec::new()
        }
        Data::Union(_) => {
            cx.error(&input.ident, "the state of a saga is a struct or an enum");
            Vec::new()
        }
    }
}

/// The enums, those of the starting events first.
fn heard(cx: &Ctxt, starts: Vec<Path>, from: Vec<Source>) -> Vec<Heard> {
    let mut heard: Vec<Heard> = Vec::new();
    let mut seen = BTreeSet::new();
    for variant in starts {
        let Some(event) = enum_of(cx, &variant) else { continue };
        if !seen.insert(tokens::text(&variant)) {
            cx.error(&variant, "this event is listed already: take one out");
            continue;
        }
        match find(&mut heard, &event) {
            Some(source) => source.starts.push(variant),
            None => heard.push(Heard { event, by: None, starts: vec![variant] }),
        }
    }
    for Source { event, by } in from {
        if !seen.insert(tokens::text(&event)) {
            cx.error(&event, "this enum is listed already: take one out");
            continue;
        }
        match find(&mut heard, &event) {
            Some(source) => source.by = by,
            None => heard.push(Heard { event, by, starts: Vec::new() }),
        }
    }
    heard
}

fn find<'a>(heard: &'a mut [Heard], event: &Type) -> Option<&'a mut Heard> {
    let wanted = tokens::text(event);
    heard.iter_mut().find(|heard| tokens::text(&heard.event) == wanted)
}

/// The path without its last word.
fn enum_of(cx: &Ctxt, variant: &Path) -> Option<Type> {
    let mut path = variant.clone();
    let last = path.segments.pop();
    path.segments.pop_punct();
    if !path.segments.is_empty() {
        return Some(parse_quote!(#path));
    }
    let last = last.map(|last| last.to_token_stream().to_string()).unwrap_or_default();
    cx.error(variant, format!("name the event with its enum: `AccountEvent::{last}`"));
    None
}

/// A command that is listed twice would be two impls.
fn once_each(cx: &Ctxt, listed: Vec<Sent>) -> Vec<Sent> {
    let mut seen = BTreeSet::new();
    let mut once = Vec::new();
    for sent in listed {
        if seen.insert(tokens::text(&sent.command)) {
            once.push(sent);
        } else {
            cx.error(&sent.command, "this command is listed already: take one out");
        }
    }
    once
}

fn answered(cx: &Ctxt, answers: Vec<Type>, sent: &[Sent]) -> Vec<Type> {
    let sent: BTreeSet<_> = sent.iter().map(|sent| tokens::text(&sent.command)).collect();
    let mut seen = BTreeSet::new();
    let mut answered = Vec::new();
    for command in answers {
        let text = tokens::text(&command);
        if !sent.contains(&text) {
            cx.error(
                &command,
                "there are answers only to what is sent: list this command in `sends(…)`, or in \
                 `calls(…)` if it goes to a step",
            );
        } else if seen.insert(text) {
            answered.push(command);
        } else {
            cx.error(&command, "this command is listed already: take one out");
        }
    }
    answered
}
