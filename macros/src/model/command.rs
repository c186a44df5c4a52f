//! `#[derive(Command)]`.

use proc_macro2::Ident;
use syn::{DeriveInput, LitStr};

use super::docs::Docs;
use super::tag::Tag;
use super::{Item, NamedField, marked, misplaced, shape_of, struct_fields};
use crate::attr::{self, Spec};
use crate::ctxt::Ctxt;
use crate::{names, suggest};

const SPEC: Spec = Spec {
    attr: "command",
    usage: "#[command(\"context.name\")]",
    first: Some("name"),
    options: &["name", "id", "crate"],
    repeated: &[],
    hints: &[],
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
        let (mut name, mut id_is_named, mut named_id, mut krate) = (None, false, None, None);
        let found = attr::read(cx, &input.attrs, &SPEC, &mut |option, word, input| {
            match option {
                "crate" => krate = Some(attr::krate(word, input)?),
                "id" => {
                    id_is_named = true;
                    named_id = Some(attr::value(word, input, "account")?);
                }
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
        let id = fields.as_ref().and_then(|fields| {
            let marked = marked_id(cx, fields);
            match named_id {
                Some(name) => field_of_name(cx, &name, fields, marked),
                None if marked.is_none() && tags.is_empty() && !id_is_named => {
                    cx.error(&input.ident, MISSING_ID);
                    None
                }
                None => marked,
            }
        });
        let fields = fields.unwrap_or_default();
        let docs = Docs::of(&input.attrs, fields.iter().copied());
        let shape = shape_of("", fields);
        Self { item: Item::of(cx, input, krate), name, id, shape, docs, tags }
    }
}

/// A command that has tags need not have one.
const MISSING_ID: &str =
    "a command names its aggregate: write `#[id]` on the field that holds the aggregate's id";

/// The field with `#[id]`.
fn marked_id(cx: &Ctxt, fields: &[&syn::Field]) -> Option<NamedField> {
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
    id
}

/// The field that `id = …` names.
fn field_of_name(
    cx: &Ctxt,
    name: &Ident,
    fields: &[&syn::Field],
    marked: Option<NamedField>,
) -> Option<NamedField> {
    if let Some(NamedField { ident, .. }) = &marked {
        cx.error(name, format!("`#[id]` is on `{ident}` already: say it once"));
        return marked;
    }
    let named = fields.iter().filter_map(|field| Some((field.ident.as_ref()?, &field.ty)));
    if let Some((ident, ty)) = named.clone().find(|(ident, _)| *ident == name) {
        return Some(NamedField { ident: ident.clone(), ty: ty.clone() });
    }
    let names: Vec<_> = named.map(|(ident, _)| ident.to_string()).collect();
    let near =
        suggest::nearest(&name.to_string(), &names.iter().map(String::as_str).collect::<Vec<_>>())
            .map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
    cx.error(name, format!("this command has no field `{name}`{near}"));
    None
}
