//! `#[tag]` on a field, and `#[tag("name")]`.

use syn::{LitStr, Meta, Type};

use super::docs::unraw;
use crate::attr::{self, Spec};
use crate::ctxt::Ctxt;
use crate::names;

pub(super) const SPEC: Spec = Spec {
    attr: "tag",
    usage: "#[tag]` or `#[tag(\"name\")]",
    first: Some("name"),
    options: &["name"],
    repeated: &[],
    hints: &[],
};

/// A field whose value is a tag.
pub(crate) struct Tag {
    pub(crate) name: LitStr,
    pub(crate) field: syn::Ident,
    pub(crate) ty: Type,
}

impl Tag {
    /// What the field says; the name is that of the field if it says no other.
    pub(crate) fn of(cx: &Ctxt, field: &syn::Field) -> Option<Self> {
        let ident = field.ident.clone()?;
        let (bare, named): (Vec<_>, Vec<_>) = field
            .attrs
            .iter()
            .filter(|attr| attr.path().is_ident(SPEC.attr))
            .cloned()
            .partition(|attr| matches!(attr.meta, Meta::Path(_)));
        let mut name = bare.first().map(|_| LitStr::new(&unraw(&ident), ident.span()));
        if let Some(second) = bare.get(1).or(bare.first().and_then(|_| named.first())) {
            cx.error(second, "`#[tag]` is given twice: take one out");
        } else {
            attr::read(cx, &named, &SPEC, &mut |_, word, input| {
                name = Some(attr::text(word, input)?);
                Ok(())
            });
        }
        let name = name?;
        names::check_tag(cx, &name);
        Some(Self { name, field: ident, ty: field.ty.clone() })
    }
}
