//! `#[derive(Event)]`.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Meta, Path, Token, Type};

use super::docs::Docs;
use super::history::{self, History};
use super::tag::Tag;
use super::{Item, misplaced};
use crate::attr::{self, Spec};
use crate::ctxt::Ctxt;
use crate::{names, suggest};

const ENUM: Spec = Spec {
    attr: "event",
    usage: "#[event(crate = ::path::to::factum)]",
    first: None,
    options: &["crate"],
    repeated: &[],
    hints: &[
        ("name", NAMED),
        (attr::TEXT, NAMED),
        ("version", HISTORY),
        ("was", HISTORY),
        ("upcast", HISTORY),
        ("newer", HISTORY),
    ],
};

const NAMED: &str = "the name goes on each variant: `#[event(\"context.event\")]`";

const HISTORY: &str =
    "each event has a history of its own: say this on the variant, behind its name";

const VARIANT: Spec = Spec {
    attr: "event",
    usage: "#[event(\"context.event\")]",
    first: Some("name"),
    options: &["name", "version", "was", "upcast", "newer"],
    repeated: &["was"],
    hints: &[("crate", "`crate` goes on the enum: `#[event(crate = …)]`")],
};

#[cfg(test)]
pub(crate) const SPECS: &[&Spec] = &[&ENUM, &VARIANT];

pub(crate) struct Event {
    pub(crate) item: Item,
    pub(crate) variants: Vec<Variant>,
    /// Whether the variants are all that there is: not so if the item is no enum.
    pub(crate) closed: bool,
}

pub(crate) struct Variant {
    pub(crate) ident: Ident,
    /// The persisted name, if it is there and its own.
    pub(crate) name: Option<LitStr>,
    pub(crate) history: History,
    pub(crate) docs: Docs,
    /// Its fields, if they have names.
    pub(crate) fields: Option<Vec<Field>>,
    pub(crate) tags: Vec<Tag>,
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The serde attributes of the field, which the codec honours.
    pub(crate) serde: Vec<Attribute>,
    /// Whether these leave the type to serde's own impls, so that any type could stand there.
    pub(crate) plain: bool,
    /// Whether the type needs a default.
    pub(crate) defaulted: bool,
}

impl Event {
    pub(crate) fn parse(cx: &Ctxt, input: &DeriveInput) -> Self {
        let Data::Enum(data) = &input.data else {
            let message = "the events of a context are one enum, a variant for each: \
                           `enum AccountEvent { #[event(\"account.opened\")] Opened { … } }`";
            cx.error(&input.ident, message);
            // What its attributes say would be a second error for the one mistake.
            let (krate, _) = Ctxt::collect(|quiet| options(quiet, input));
            return Self { item: Item::of(cx, input, krate), variants: Vec::new(), closed: false };
        };
        let item = Item::of(cx, input, options(cx, input));
        if data.variants.is_empty() {
            cx.error(&input.ident, "an event enum has at least one variant: add an event");
        }
        if item.is_static() && !item.generics.params.is_empty() {
            cx.error(
                &item.generics,
                "an event enum cannot be generic: what is stored has one form; write the types out",
            );
        }
        let mut taken = BTreeSet::new();
        let parse = |variant| parse_variant(cx, variant, &mut taken);
        let variants: Vec<_> = data.variants.iter().map(parse).collect();
        Self { item, closed: !variants.is_empty(), variants }
    }
}

fn options(cx: &Ctxt, input: &DeriveInput) -> Option<Path> {
    let mut krate = None;
    attr::read(cx, &input.attrs, &ENUM, &mut |_, name, input| {
        krate = Some(attr::krate(name, input)?);
        Ok(())
    });
    misplaced(
        cx,
        &input.attrs,
        &[
            (
                "serde",
                "the form of an event is fixed, a JSON object of the variant's fields under the \
             variant's persisted name: take this out, or put it on a field",
            ),
            ("tag", "`#[tag]` goes on a field of a variant"),
        ],
    );
    krate
}

fn parse_variant(cx: &Ctxt, variant: &syn::Variant, taken: &mut BTreeSet<String>) -> Variant {
    let (mut name, mut history) = (None, history::Options::default());
    let found = attr::read(cx, &variant.attrs, &VARIANT, &mut |option, word, input| {
        if !history.set(option, word, input)? {
            name = Some(attr::text(word, input)?);
        }
        Ok(())
    });
    misplaced(
        cx,
        &variant.attrs,
        &[
            (
                "serde",
                "the form of an event is fixed: put serde attributes on its fields; its persisted \
             name is the one in `#[event(…)]`",
            ),
            ("tag", "`#[tag]` goes on a field of the variant"),
        ],
    );
    found.require(
        cx,
        &variant.ident,
        &VARIANT,
        &[("name", "the persisted name, `\"context.event\"`")],
    );
    let mut history = history.check(cx, "this event");
    let mut own = |name: &LitStr| {
        names::check_dotted(cx, name, "an event");
        let new = taken.insert(name.value());
        if !new {
            cx.error(name, "this name is taken in this enum already: give each event its own");
        }
        new
    };
    let name = name.filter(&mut own);
    history.was.retain(own);
    let docs = Docs::of(&variant.attrs, &variant.fields);
    let tags = variant.fields.iter().filter_map(|field| Tag::of(cx, field)).collect();
    let ident = variant.ident.clone();
    Variant { ident, name, history, docs, fields: parse_fields(cx, variant), tags }
}

fn parse_fields(cx: &Ctxt, variant: &syn::Variant) -> Option<Vec<Field>> {
    let fields = match &variant.fields {
        Fields::Unit => return Some(Vec::new()),
        Fields::Named(fields) => &fields.named,
        Fields::Unnamed(fields) => {
            let name = &variant.ident;
            cx.error(
                fields,
                format!("the fields of an event have names: `{name} {{ name: Type }}`"),
            );
            return None;
        }
    };
    let parse = |field: &syn::Field| {
        misplaced(cx, &field.attrs, &[("event", "`#[event(…)]` goes on the variant")]);
        let serde: Vec<Attribute> = serde_attrs(cx, field);
        let (plain, defaulted) = (serde.iter().all(is_plain), serde.iter().any(is_default));
        Some(Field { ident: field.ident.clone()?, ty: field.ty.clone(), serde, plain, defaulted })
    };
    fields.iter().map(parse).collect()
}

/// The options of serde on a field (serde.rs/field-attrs).
const SERDE: &[&str] = &[
    "rename",
    "alias",
    "default",
    "flatten",
    "skip",
    "skip_serializing",
    "skip_deserializing",
    "skip_serializing_if",
    "serialize_with",
    "deserialize_with",
    "with",
    "borrow",
    "bound",
];

/// The serde attributes of a field. One with an option that is near to one of serde's is a mistake that
/// serde would tell of several times, as several structs are derived: it is told here and left out.
fn serde_attrs(cx: &Ctxt, field: &syn::Field) -> Vec<Attribute> {
    let mut kept = Vec::new();
    for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let options = options_of(attr).unwrap_or_default();
        let words = options.iter().filter_map(|option| option.path().get_ident());
        let mut unknown = words.filter(|word| !SERDE.iter().any(|known| *word == known)).peekable();
        if unknown.peek().is_none() {
            kept.push(attr.clone());
        }
        for word in unknown {
            let meant = suggest::nearest(&word.to_string(), SERDE)
                .map_or_else(String::new, |option| format!(": did you mean `{option}`?"));
            cx.error(word, format!("unknown serde option `{word}`{meant}"));
        }
    }
    kept
}

/// Whether a serde attribute says nothing that holds for one type only, such as a function.
fn is_plain(attr: &Attribute) -> bool {
    options_of(attr).is_ok_and(|options| {
        let names = ["rename", "alias", "flatten"];
        let plain = |meta: &Meta| {
            names.iter().any(|name| meta.path().is_ident(name)) || is_bare_default(meta)
        };
        options.iter().all(plain)
    })
}

fn is_default(attr: &Attribute) -> bool {
    options_of(attr).is_ok_and(|options| options.iter().any(is_bare_default))
}

fn is_bare_default(meta: &Meta) -> bool {
    matches!(meta, Meta::Path(path) if path.is_ident("default"))
}

fn options_of(attr: &Attribute) -> syn::Result<Punctuated<Meta, Token![,]>> {
    attr.parse_args_with(Punctuated::parse_terminated)
}
