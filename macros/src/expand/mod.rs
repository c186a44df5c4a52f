//! From a checked model to tokens.

pub(crate) mod aggregate;
mod codec;
pub(crate) mod command;
pub(crate) mod event;
pub(crate) mod id;
pub(crate) mod projection;
pub(crate) mod saga;
mod tags;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{LitStr, Type};

use crate::model::Item;
use crate::model::docs::Docs;
use crate::tokens::place_of;

/// Generated code sees the user's names, and of ours only `__factum`.
///
/// There is no code for an item that borrows: its impls would be errors of their own.
fn scoped(item: &Item, code: &TokenStream) -> TokenStream {
    if !item.is_static() {
        return TokenStream::new();
    }
    let krate = &item.krate;
    quote! {
        const _: () = {
            use #krate::__private as __factum;
            #code
        };
    }
}

/// A name, or what stands for it while there is none.
fn name_or_empty(name: Option<&LitStr>) -> TokenStream {
    name.map_or_else(|| quote!(""), ToTokens::to_token_stream)
}

/// How values of a type are written and read. Shown at its name, and the only mention of serde: what
/// it lacks is one error there.
fn form(ident: &Ident) -> TokenStream {
    quote_spanned!(ident.span().resolved_at(Span::call_site())=> __factum::Form::serde())
}

/// The value of what the source says.
fn docs_value(docs: &Docs) -> TokenStream {
    let Docs { item, fields } = docs;
    let (names, texts) = (fields.iter().map(|(name, _)| name), fields.iter().map(|(_, text)| text));
    quote!(__factum::Docs { item: #item, fields: &[#((#names, #texts)),*] })
}

/// The function that gives it, where anything is said.
fn docs_function(docs: &Docs) -> Option<TokenStream> {
    if docs.item.is_empty() && docs.fields.is_empty() {
        return None;
    }
    let docs = docs_value(docs);
    Some(quote! {
        fn docs() -> __factum::Docs {
            #docs
        }
    })
}

/// A call that gives the fingerprint of fields.
fn fingerprint(function: &TokenStream, shape: &[(String, String)]) -> TokenStream {
    let (names, types) = (shape.iter().map(|(name, _)| name), shape.iter().map(|(_, ty)| ty));
    quote!(#function(&[#((#names, #types)),*]))
}

/// That no two enums have a context in common, shown at the second: an event would be one or the other.
fn apart<'a>(events: impl Iterator<Item = &'a Type> + Clone) -> TokenStream {
    let pairs = events.clone().enumerate().flat_map(|(place, one)| {
        events.clone().skip(place + 1).map(move |other| {
            quote_spanned!(place_of(other)=> const { __factum::apart::<#one, #other>() })
        })
    });
    pairs.collect()
}
