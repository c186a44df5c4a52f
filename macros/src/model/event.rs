//! `#[derive(Event)]`.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Path, Type};

use super::{Item, misplaced};
use crate::attr::{self, Spec};
use crate::ctxt::Ctxt;
use crate::names;

const ENUM: Spec = Spec {
    attr: "event",
    usage: "#[event(crate = ::path::to::factum)]",
    first: None,
    options: &["crate"],
    hints: &[("name", NAMED), (attr::TEXT, NAMED)],
};

const NAMED: &str = "the name goes on each variant: `#[event(\"context.event\")]`";

const NOT_YET: &str = "the history of an event's form is not supported yet: take this out";

const VARIANT: Spec = Spec {
    attr: "event",
    usage: "#[event(\"context.event\")]",
    first: Some("name"),
    options: &["name"],
    hints: &[
        ("version", NOT_YET),
        ("was", NOT_YET),
        ("upcast", NOT_YET),
        ("crate", "`crate` goes on the enum: `#[event(crate = …)]`"),
    ],
};

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
    /// Its fields, if they have names.
    pub(crate) fields: Option<Vec<Field>>,
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The serde attributes of the field, which the codec honours.
    pub(crate) serde: Vec<Attribute>,
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
    let mut name = None;
    let found = attr::read(cx, &variant.attrs, &VARIANT, &mut |_, word, input| {
        name = Some(attr::text(word, input)?);
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
    if let Some(name) = &name {
        names::check_dotted(cx, name, "an event");
    }
    let name = name.filter(|name| {
        let new = taken.insert(name.value());
        if !new {
            cx.error(name, "this name is another variant's already: give each event its own");
        }
        new
    });
    Variant { ident: variant.ident.clone(), name, fields: parse_fields(cx, variant) }
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
        misplaced(
            cx,
            &field.attrs,
            &[
                ("event", "`#[event(…)]` goes on the variant"),
                ("tag", "tags are not supported yet: take `#[tag]` out"),
            ],
        );
        let serde = field.attrs.iter().filter(|attr| attr.path().is_ident("serde"));
        let serde = serde.cloned().collect();
        Some(Field { ident: field.ident.clone()?, ty: field.ty.clone(), serde })
    };
    fields.iter().map(parse).collect()
}
