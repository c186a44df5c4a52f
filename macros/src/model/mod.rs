//! What the derives understood: checked, with the user's spans, without tokens to put out.

pub(crate) mod aggregate;
pub(crate) mod command;
pub(crate) mod docs;
pub(crate) mod event;
pub(crate) mod history;
pub(crate) mod id;
pub(crate) mod projection;
pub(crate) mod saga;
pub(crate) mod source;
pub(crate) mod tag;

use proc_macro2::Ident;
use syn::{Attribute, Data, DeriveInput, Field, Fields, GenericParam, Generics, Path, Type};
use syn::{Visibility, parse_quote};

#[cfg(test)]
use crate::attr::Spec;
use crate::ctxt::Ctxt;
use crate::tokens;

/// The item that a derive stands on.
pub(crate) struct Item {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) generics: Generics,
    /// Where the facade is.
    pub(crate) krate: Path,
}

impl Item {
    fn of(cx: &Ctxt, input: &DeriveInput, krate: Option<Path>) -> Self {
        for param in &input.generics.params {
            if let GenericParam::Lifetime(lifetime) = param {
                cx.error(lifetime, "this type outlives every borrow: own the data instead");
            }
        }
        Self {
            ident: input.ident.clone(),
            vis: input.vis.clone(),
            generics: input.generics.clone(),
            krate: krate.unwrap_or_else(|| parse_quote!(::factum)),
        }
    }

    /// Whether an impl for it can stand: not if it borrows.
    pub(crate) fn is_static(&self) -> bool {
        self.generics.lifetimes().next().is_none()
    }
}

/// A field with a name.
pub(crate) struct NamedField {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
}

/// The named fields of a struct; a mistake, once, if the item is anything else.
fn struct_fields<'a>(cx: &Ctxt, input: &'a DeriveInput, what: &str) -> Option<Vec<&'a Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields.named.iter().collect()),
            Fields::Unit | Fields::Unnamed(_) => {}
        },
        Data::Enum(_) | Data::Union(_) => {}
    }
    let name = &input.ident;
    cx.error(name, format!("{what} is a struct with named fields: `struct {name} {{ … }}`"));
    None
}

/// The fields as pairs of name and type in text, from which fingerprints are made.
fn shape_of<'a>(
    prefix: &str,
    fields: impl IntoIterator<Item = &'a Field>,
) -> Vec<(String, String)> {
    let fields = fields.into_iter().enumerate();
    fields
        .map(|(place, field)| {
            let name = field.ident.as_ref().map_or_else(|| place.to_string(), Ident::to_string);
            (format!("{prefix}{name}"), tokens::text(&field.ty))
        })
        .collect()
}

/// Whether the attribute of this name is there, bare. Its second appearance is a mistake.
fn marked(cx: &Ctxt, attrs: &[Attribute], name: &str) -> bool {
    let mut found = false;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        if attr.meta.require_path_only().is_err() {
            cx.error(attr, format!("`{name}` takes no options here: write `#[{name}]`"));
        } else if found {
            cx.error(attr, format!("`#[{name}]` is given twice: take one out"));
        }
        found = true;
    }
    found
}

/// Attributes of ours that stand where they mean nothing, each with what to do instead.
fn misplaced(cx: &Ctxt, attrs: &[Attribute], here: &[(&str, &str)]) {
    for attr in attrs {
        if let Some((_, hint)) = here.iter().find(|(name, _)| attr.path().is_ident(name)) {
            cx.error(attr, hint);
        }
    }
}

/// What all attributes take.
#[cfg(test)]
pub(crate) fn specs() -> Vec<&'static Spec> {
    let derives = [event::SPECS, command::SPECS, aggregate::SPECS, projection::SPECS, saga::SPECS];
    [&derives.concat(), id::SPECS, &[&tag::SPEC]].concat()
}
