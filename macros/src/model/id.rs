//! `#[derive(Id)]`.

use syn::{Data, DeriveInput, Index, Member, Type};

use super::Item;
use crate::attr::{self, Spec};
use crate::ctxt::Ctxt;

const SPEC: Spec = Spec {
    attr: "id",
    usage: "#[id(crate = ::path::to::factum)]",
    first: None,
    options: &["crate"],
    repeated: &[],
    hints: &[],
};

#[cfg(test)]
pub(crate) const SPECS: &[&Spec] = &[&SPEC];

pub(crate) struct Id {
    pub(crate) item: Item,
    /// The one field, and its type.
    pub(crate) inner: Option<(Member, Type)>,
}

impl Id {
    pub(crate) fn parse(cx: &Ctxt, input: &DeriveInput) -> Self {
        let mut krate = None;
        attr::read(cx, &input.attrs, &SPEC, &mut |_, name, input| {
            krate = Some(attr::krate(name, input)?);
            Ok(())
        });
        let inner = only_field(input);
        if inner.is_none() {
            let name = &input.ident;
            let message = format!("an id is a struct with one field: `struct {name}(String);`");
            cx.error(name, message);
        }
        Self { item: Item::of(cx, input, krate), inner }
    }
}

fn only_field(input: &DeriveInput) -> Option<(Member, Type)> {
    let Data::Struct(data) = &input.data else { return None };
    let mut fields = data.fields.iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return None };
    let member = match &field.ident {
        Some(ident) => Member::Named(ident.clone()),
        None => Member::Unnamed(Index::from(0)),
    };
    Some((member, field.ty.clone()))
}
