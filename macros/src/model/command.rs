//! `#[derive(Command)]`.

use syn::{DeriveInput, LitStr};

use super::docs::Docs;
use super::tag::Tag;
use super::{Item, NamedField, marked, misplaced, shape_of, struct_fields};
use crate::attr::{self, Spec};
use crate::ctxt::Ctxt;
use crate::names;

const SPEC: Spec = Spec {
    attr: "command",
    usage: "#[command(\"context.name\")]",
    first: Some("name"),
    options: &["name", "crate"],
    repeated: &[],
    hints: &[("id", "`#[id]` goes on the field that names the aggregate")],
};

#[cfg(test)]
pub(crate) const SPECS: &[&Spec] = &[&SPEC];

pub(crate) struct Command {
    pub(crate) item: Item,
    pub(crate) name: Option<LitStr>,
    /// The field that names the aggregate.
    pub(crate) id: Option<NamedField>,
    pub(crate) shape: Vec<(String, String)>,
    pub(crate) docs: Docs,
    /// What says which boundary it goes to.
    pub(crate) tags: Vec<Tag>,
}

impl Command {
    pub(crate) fn parse(cx: &Ctxt, input: &DeriveInput) -> Self {
        let (mut name, mut krate) = (None, None);
        let found = attr::read(cx, &input.attrs, &SPEC, &mut |option, word, input| {
            match option {
                "crate" => krate = Some(attr::krate(word, input)?),
                _ => name = Some(attr::text(word, input)?),
            }
            Ok(())
        });
        found.require(
            cx,
            &input.ident,
            &SPEC,
            &[("name", "the persisted name, `\"context.name\"`")],
        );
        if let Some(name) = &name {
            names::check_dotted(cx, name, "a command");
        }
        misplaced(
            cx,
            &input.attrs,
            &[("id", "`#[id]` goes on the field that names the aggregate")],
        );
        let fields = struct_fields(cx, input, "a command");
        let tags: Vec<_> = fields.iter().flatten().filter_map(|field| Tag::of(cx, field)).collect();
        let id = fields.as_ref().and_then(|fields| id_field(cx, input, fields, !tags.is_empty()));
        let fields = fields.unwrap_or_default();
        let docs = Docs::of(&input.attrs, fields.iter().copied());
        let shape = shape_of("", fields);
        Self { item: Item::of(cx, input, krate), name, id, shape, docs, tags }
    }
}

/// A command that has tags need not have an id.
fn id_field(
    cx: &Ctxt,
    input: &DeriveInput,
    fields: &[&syn::Field],
    tagged: bool,
) -> Option<NamedField> {
    let mut id: Option<NamedField> = None;
    for field in fields {
        misplaced(cx, &field.attrs, &[("command", "`#[command(…)]` goes on the struct")]);
        let (true, Some(ident)) = (marked(cx, &field.attrs, "id"), &field.ident) else { continue };
        match &id {
            None => id = Some(NamedField { ident: ident.clone(), ty: field.ty.clone() }),
            Some(first) => {
                let first = &first.ident;
                cx.error(ident, format!("`{first}` is the id already: take one `#[id]` out"));
            }
        }
    }
    if id.is_none() && !tagged {
        cx.error(
            &input.ident,
            "a command names its aggregate: write `#[id]` on the field that holds the aggregate's id",
        );
    }
    id
}
