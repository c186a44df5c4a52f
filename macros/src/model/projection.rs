//! `#[derive(Projection)]`.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span};
use syn::parse::ParseStream;
use syn::{Attribute, DeriveInput, LitStr, Meta, Path, Token};

use super::docs::{Docs, unraw};
use super::source::Source;
use super::{Item, NamedField, marked, misplaced, struct_fields};
use crate::attr::{self, Spec};
use crate::ctxt::Ctxt;
use crate::{names, tokens};

const SPEC: Spec = Spec {
    attr: "projection",
    usage: "#[projection(name = \"…\", from(…))]",
    first: None,
    options: &["name", "from", "version", "keys", "gone_if", "crate"],
    repeated: &[],
    hints: &[
        ("key", "`#[key]` goes on the field that identifies the row"),
        ("index", "`#[index]` goes on each field that queries compare"),
        ("by", "`by` goes behind an enum: `from(AccountEvent by keys_of)`"),
        ("gone", GONE),
        ("delete", GONE),
        ("delete_if", GONE),
        ("remove_if", GONE),
    ],
};

const GONE: &str =
    "to take rows out, write `gone_if = is_closed`, with `fn is_closed(row: &Self) -> bool`";

const REQUIRED: &[(&str, &str)] = &[
    ("name", "`name = \"…\"`, the name of the view"),
    ("from", "`from(…)`, the enums of events that it follows"),
];

#[cfg(test)]
pub(crate) const SPECS: &[&Spec] = &[&SPEC, &KEY];

pub(crate) struct Projection {
    pub(crate) item: Item,
    pub(crate) name: Option<LitStr>,
    pub(crate) version: u32,
    pub(crate) sources: Vec<Source>,
    pub(crate) key: Option<NamedField>,
    /// The tag whose value is the key; that of the stream's id if there is none.
    pub(crate) key_tag: Option<LitStr>,
    pub(crate) columns: Vec<Column>,
    /// The function that says whether a row is to be taken out.
    pub(crate) gone_if: Option<Path>,
    pub(crate) docs: Docs,
}

pub(crate) struct Column {
    pub(crate) field: NamedField,
    /// The name of the constant that stands for it.
    pub(crate) constant: Ident,
    pub(crate) indexed: bool,
}

#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    sources: Option<Vec<Source>>,
    version: Option<u32>,
    keys: Option<(Span, Path)>,
    gone_if: Option<Path>,
    krate: Option<Path>,
}

impl Projection {
    pub(crate) fn parse(cx: &Ctxt, input: &DeriveInput) -> Self {
        let mut options = Options::default();
        let found = attr::read(cx, &input.attrs, &SPEC, &mut |option, word, input| {
            set(&mut options, option, word, input)
        });
        found.require(cx, &input.ident, &SPEC, REQUIRED);
        if let Some(name) = &options.name {
            names::check_plain(cx, name);
        }
        misplaced(
            cx,
            &input.attrs,
            &[
                ("key", "`#[key]` goes on the field that identifies the row"),
                ("index", "`#[index]` goes on each field that queries compare"),
            ],
        );
        let fields = struct_fields(cx, input, "a row of a projection");
        let docs = Docs::of(&input.attrs, fields.iter().flatten().copied());
        let key = fields.as_ref().and_then(|fields| key_field(cx, input, fields));
        let (key, key_tag) = key.map_or((None, None), |(key, tag)| (Some(key), tag));
        Self {
            item: Item::of(cx, input, options.krate),
            name: options.name,
            version: options.version.unwrap_or(1),
            sources: sources(cx, options.sources.unwrap_or_default(), options.keys),
            key,
            key_tag,
            columns: columns(cx, fields.unwrap_or_default()),
            gone_if: options.gone_if,
            docs,
        }
    }
}

fn set(
    options: &mut Options,
    option: &str,
    word: &Ident,
    input: ParseStream<'_>,
) -> syn::Result<()> {
    match option {
        "name" => options.name = Some(attr::text(word, input)?),
        "from" => {
            let listed = attr::list(word, input, "AccountEvent")?;
            options.sources.get_or_insert_default().extend(listed);
        }
        "version" => options.version = Some(attr::number(word, input)?),
        "keys" => {
            options.keys = Some((word.span(), attr::value(word, input, "path::to::function")?));
        }
        "gone_if" => options.gone_if = Some(attr::value(word, input, "path::to::function")?),
        _ => options.krate = Some(attr::krate(word, input)?),
    }
    Ok(())
}

/// `keys = f` is short for `by f` behind the only enum.
fn sources(cx: &Ctxt, listed: Vec<Source>, keys: Option<(Span, Path)>) -> Vec<Source> {
    let mut seen = BTreeSet::new();
    let mut sources = Vec::new();
    for source in listed {
        if seen.insert(tokens::text(&source.event)) {
            sources.push(source);
        } else {
            cx.error(&source.event, "this enum is listed already: take one out");
        }
    }
    match (keys, sources.as_mut_slice()) {
        (None, _) | (Some(_), []) => {}
        (Some((_, keys)), [Source { by: by @ None, .. }]) => *by = Some(keys),
        (Some((at, _)), _) => cx.add(syn::Error::new(
            at,
            "with several enums, say it behind each: `from(AccountEvent, FineEvent by keys_of)`",
        )),
    }
    sources
}

const KEY: Spec = Spec {
    attr: "key",
    usage: "#[key]` or `#[key(tag)]",
    first: None,
    options: &["tag"],
    repeated: &[],
    hints: &[],
};

/// The field that holds the key, and the tag whose value that is.
fn key_field(
    cx: &Ctxt,
    input: &DeriveInput,
    fields: &[&syn::Field],
) -> Option<(NamedField, Option<LitStr>)> {
    let mut key: Option<(NamedField, Option<LitStr>)> = None;
    for field in fields {
        let mut attrs = field.attrs.iter().filter(|attr| attr.path().is_ident(KEY.attr));
        let (Some(first), Some(ident)) = (attrs.next(), &field.ident) else { continue };
        if let Some(second) = attrs.next() {
            cx.error(second, "`#[key]` is given twice: take one out");
        }
        let tag =
            if matches!(first.meta, Meta::Path(_)) { None } else { key_tag(cx, first, ident) };
        match &key {
            None => {
                let field = NamedField { ident: ident.clone(), ty: field.ty.clone() };
                key = Some((field, tag));
            }
            Some((first, _)) => {
                let first = &first.ident;
                cx.error(ident, format!("`{first}` is the key already: take one `#[key]` out"));
            }
        }
    }
    if key.is_none() {
        cx.error(
            &input.ident,
            "a row has a key: write `#[key]` on the field that holds the id of the stream",
        );
    }
    key
}

/// `#[key(tag)]` for the tag that is named as the field, or `#[key(tag = "name")]`.
fn key_tag(cx: &Ctxt, attr: &Attribute, field: &Ident) -> Option<LitStr> {
    let mut tag = None;
    attr::read(cx, std::slice::from_ref(attr), &KEY, &mut |_, word, input| {
        let named = input.peek(Token![=]);
        let own = || Ok(LitStr::new(&unraw(field), word.span()));
        let name = if named { attr::text(word, input) } else { own() }?;
        names::check_tag(cx, &name);
        tag = Some(name);
        Ok(())
    });
    tag
}

fn columns(cx: &Ctxt, fields: Vec<&syn::Field>) -> Vec<Column> {
    let mut taken = BTreeSet::new();
    let mut columns = Vec::new();
    for field in fields {
        misplaced(cx, &field.attrs, &[("projection", "`#[projection(…)]` goes on the struct")]);
        let indexed = marked(cx, &field.attrs, "index");
        let Some(ident) = &field.ident else { continue };
        let name = unraw(ident).to_uppercase();
        if !taken.insert(name.clone()) {
            cx.error(ident, format!("another field's column is `{name}` already: rename one"));
            continue;
        }
        let Ok(mut constant) = syn::parse_str::<Ident>(&name) else { continue };
        constant.set_span(ident.span());
        let field = NamedField { ident: ident.clone(), ty: field.ty.clone() };
        columns.push(Column { field, constant, indexed });
    }
    columns
}
