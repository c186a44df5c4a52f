//! `#[derive(Aggregate)]`.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span};
use syn::{Data, DeriveInput, LitStr, Type};

use super::docs::Docs;
use super::{Item, NamedField, misplaced, shape_of};
use crate::attr::{self, Spec};
use crate::ctxt::Ctxt;
use crate::{names, tokens};

const SPEC: Spec = Spec {
    attr: "aggregate",
    usage: "#[aggregate(name = \"…\", event = …, error = …, commands(…))]",
    first: None,
    options: &["name", "event", "error", "commands", "snapshot", "boundary", "crate"],
    repeated: &[],
    hints: &[
        ("every", "`every` goes inside `snapshot`: `snapshot(every = 200)`"),
        ("events", "an aggregate has one enum of events: `event = …`"),
    ],
};

const REQUIRED: &[(&str, &str)] = &[
    ("name", "`name = \"…\"`, the category of its streams"),
    ("event", "`event = …`, the enum of what happens to it"),
    ("error", "`error = …`, the type of its rejections"),
    ("commands", "`commands(…)`, the commands that can be sent to it"),
];

const SNAPSHOT: Spec = Spec {
    attr: "snapshot",
    usage: "snapshot(every = 200)",
    first: None,
    options: &["every", "version"],
    repeated: &[],
    hints: &[],
};

#[cfg(test)]
pub(crate) const SPECS: &[&Spec] = &[&SPEC, &SNAPSHOT];

pub(crate) struct Aggregate {
    pub(crate) item: Item,
    pub(crate) name: Option<LitStr>,
    pub(crate) event: Option<Type>,
    pub(crate) error: Option<Type>,
    pub(crate) commands: Vec<Type>,
    pub(crate) snapshot: Option<Snapshot>,
    /// The tags that make its boundary, with their fields.
    pub(crate) boundary: Vec<NamedField>,
    pub(crate) docs: Docs,
}

pub(crate) struct Snapshot {
    /// The word in the attribute.
    pub(crate) at: Span,
    pub(crate) every: u64,
    /// Raised by hand where the fold changed and no type did.
    pub(crate) version: u32,
    pub(crate) shape: Vec<(String, String)>,
}

#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    event: Option<Type>,
    error: Option<Type>,
    commands: Option<Vec<Type>>,
    snapshot: Option<(Span, Option<u64>, Option<u32>)>,
    boundary: Vec<Ident>,
    krate: Option<syn::Path>,
}

impl Aggregate {
    pub(crate) fn parse(cx: &Ctxt, input: &DeriveInput) -> Self {
        let mut options = Options::default();
        let found = attr::read(cx, &input.attrs, &SPEC, &mut |option, word, input| {
            set(cx, &mut options, option, word, input)
        });
        found.require(cx, &input.ident, &SPEC, REQUIRED);
        if let Some(name) = &options.name {
            names::check_category(cx, name);
        }
        check_item(cx, input);
        let boundary = boundary(cx, input, &options.boundary);
        if let (Some((at, ..)), false) = (options.snapshot, options.boundary.is_empty()) {
            cx.add(syn::Error::new(at, NO_SNAPSHOT));
        }
        let snapshot = options.snapshot.filter(|_| boundary.is_empty());
        let snapshot = snapshot.map(|(at, every, version)| Snapshot {
            at,
            every: every.unwrap_or(1),
            version: version.unwrap_or(1),
            shape: state_shape(&input.data),
        });
        Self {
            item: Item::of(cx, input, options.krate),
            name: options.name,
            event: options.event,
            error: options.error,
            commands: once_each(cx, options.commands.unwrap_or_default()),
            snapshot,
            boundary,
            docs: Docs::of(&input.attrs, []),
        }
    }
}

fn set(
    cx: &Ctxt,
    options: &mut Options,
    option: &str,
    word: &Ident,
    input: syn::parse::ParseStream<'_>,
) -> syn::Result<()> {
    match option {
        "name" => options.name = Some(attr::text(word, input)?),
        "event" => options.event = Some(attr::value(word, input, "AccountEvent")?),
        "error" => options.error = Some(attr::value(word, input, "AccountError")?),
        "commands" => {
            let listed = attr::list(word, input, "Open, Deposit")?;
            options.commands.get_or_insert_default().extend(listed);
        }
        "boundary" => {
            options.boundary.extend(attr::list(word, input, "course, student")?);
        }
        "snapshot" => {
            let (mut every, mut version) = (None, None);
            let found =
                attr::read_nested(cx, word, input, &SNAPSHOT, &mut |option, word, input| {
                    match option {
                        "version" => version = Some(attr::number(word, input)?),
                        _ => every = Some(attr::number(word, input)?),
                    }
                    Ok(())
                })?;
            found.require(cx, word, &SNAPSHOT, &[("every", "`every = 200`, in events")]);
            options.snapshot = Some((word.span(), every, version));
        }
        _ => options.krate = Some(attr::krate(word, input)?),
    }
    Ok(())
}

fn check_item(cx: &Ctxt, input: &DeriveInput) {
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(_) => return,
        Data::Union(_) => return cx.error(&input.ident, "an aggregate is a struct or an enum"),
    };
    for field in fields {
        misplaced(
            cx,
            &field.attrs,
            &[
                ("aggregate", "`#[aggregate(…)]` goes on the struct"),
                (
                    "tag",
                    "the fields of a boundary are found by the names in `boundary(…)`: take \
                     `#[tag]` out",
                ),
            ],
        );
    }
}

const NO_SNAPSHOT: &str = "a boundary has no snapshots: what it is folded from depends on its tags, \
                           and its fold is kept in memory; take `snapshot(…)` out";

/// The fields that the tags of a boundary are told to.
fn boundary(cx: &Ctxt, input: &DeriveInput, names: &[Ident]) -> Vec<NamedField> {
    let mut fields: Vec<NamedField> = Vec::new();
    for name in names {
        if fields.iter().any(|field| field.ident == *name) {
            cx.error(name, "this tag is listed already: take one out");
            continue;
        }
        let found = match &input.data {
            Data::Struct(data) => {
                data.fields.iter().find(|field| field.ident.as_ref() == Some(name))
            }
            _ => None,
        };
        match found {
            Some(field) => fields.push(NamedField { ident: name.clone(), ty: field.ty.clone() }),
            None => cx.error(
                name,
                format!(
                    "a boundary has a field for each of its tags, which says whose events it sees: \
                     add `{name}: …` to `{}`",
                    input.ident
                ),
            ),
        }
    }
    fields
}

/// A command that is listed twice would be two impls.
fn once_each(cx: &Ctxt, commands: Vec<Type>) -> Vec<Type> {
    let mut seen = BTreeSet::new();
    let mut once = Vec::new();
    for command in commands {
        if seen.insert(tokens::text(&command)) {
            once.push(command);
        } else {
            cx.error(&command, "this command is listed already: take one out");
        }
    }
    once
}

/// The fields of the state, of each variant where it is an enum. Serde attributes change what is
/// written, so they are part of the shape.
fn state_shape(data: &Data) -> Vec<(String, String)> {
    let mut shape = Vec::new();
    match data {
        Data::Struct(data) => with_serde(&mut shape, "", &data.fields),
        Data::Enum(data) => {
            for variant in &data.variants {
                shape.push((variant.ident.to_string(), serde_text(&variant.attrs)));
                with_serde(&mut shape, &format!("{}.", variant.ident), &variant.fields);
            }
        }
        Data::Union(_) => {}
    }
    shape
}

fn with_serde(shape: &mut Vec<(String, String)>, prefix: &str, fields: &syn::Fields) {
    let named = shape_of(prefix, fields).into_iter().zip(fields);
    shape.extend(named.map(|((name, ty), field)| (name, ty + &serde_text(&field.attrs))));
}

fn serde_text(attrs: &[syn::Attribute]) -> String {
    attrs.iter().filter(|attr| attr.path().is_ident("serde")).map(tokens::text).collect()
}
