use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{name_or_empty, scoped};
use crate::model::event::{Event, Field, Variant};
use crate::tokens;

/// The version of every form, until forms have a history.
const VERSION: u32 = 1;

pub(crate) fn expand(event: &Event) -> TokenStream {
    let ident = &event.item.ident;
    if !event.item.generics.params.is_empty() {
        return TokenStream::new();
    }
    let types = event.variants.iter().map(event_type);
    let type_arms = event.variants.iter().map(|variant| {
        let (ident, event_type) = (&variant.ident, event_type(variant));
        quote!(Self::#ident { .. } => #event_type,)
    });
    let encode_arms = event.variants.iter().map(|variant| encode_arm(ident, variant));
    let decode_arms = event.variants.iter().filter_map(|variant| decode_arm(ident, variant));
    let (no_type, no_code) = if event.closed {
        (None, None)
    } else {
        (
            Some(quote!(_ => __factum::EventType { name: "", version: #VERSION },)),
            Some(quote!(_ => __factum::Ok(()),)),
        )
    };
    scoped(
        &event.item,
        &quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl __factum::Event for #ident {
                const TYPES: &'static [__factum::EventType] = &[#(#types),*];

                fn event_type(&self) -> __factum::EventType {
                    match self { #(#type_arms)* #no_type }
                }

                fn encode(
                    &self,
                    out: &mut __factum::Vec<u8>,
                ) -> __factum::Result<(), __factum::EncodeError> {
                    match self { #(#encode_arms)* #no_code }
                }

                fn decode(
                    name: &str,
                    version: u32,
                    payload: &[u8],
                ) -> __factum::Result<Self, __factum::DecodeError> {
                    match (name, version) {
                        #(#decode_arms)*
                        _ => __factum::Err(__factum::DecodeError::unknown::<Self>(name, version)),
                    }
                }
            }
        },
    )
}

fn event_type(variant: &Variant) -> TokenStream {
    let name = name_or_empty(variant.name.as_ref());
    quote!(__factum::EventType { name: #name, version: #VERSION })
}

fn encode_arm(event: &Ident, variant: &Variant) -> TokenStream {
    let ident = &variant.ident;
    let Some(fields) = &variant.fields else {
        return quote!(Self::#ident { .. } => __factum::Ok(()),);
    };
    if fields.is_empty() {
        return quote!(Self::#ident { .. } => __factum::write_json(&__factum::NoFields {}, out),);
    }
    let names: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let bound: Vec<_> = (0..fields.len()).map(|place| format_ident!("field_{place}")).collect();
    let helpers = borrowed_fields(event, fields);
    quote! {
        Self::#ident { #(#names: #bound),* } => {
            #helpers
            __factum::write_json(&__Borrowed { #(#names: #bound),* }, out)
        }
    }
}

/// A view of a variant's fields that serde can write.
///
/// Serde's remote derive sees the fields' own types, where a struct of references would hand
/// references to the functions that field attributes name.
fn borrowed_fields(event: &Ident, fields: &[Field]) -> TokenStream {
    let names: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let types: Vec<_> = fields.iter().map(|f| tokens::without_self(&f.ty, event)).collect();
    let getters = fields.iter().map(|field| format!("__Borrowed::{}", field.ident));
    let serde = fields.iter().map(|field| {
        let attrs = &field.serde;
        quote!(#(#attrs)*)
    });
    // A field that serde skips has a getter that nobody calls.
    quote! {
        #[allow(dead_code)]
        struct __Borrowed<'a> { #(#names: &'a #types),* }
        #[allow(dead_code)]
        impl<'a> __Borrowed<'a> {
            #(fn #names(&self) -> &'a #types { self.#names })*
        }
        #[derive(__factum::serde::Serialize)]
        #[serde(crate = "__factum::serde", remote = "__Borrowed")]
        struct __Fields<'a> {
            #(#[serde(getter = #getters)] #serde #names: #types,)*
            #[serde(skip)]
            __lifetime: __factum::PhantomData<&'a ()>,
        }
        impl __factum::serde::Serialize for __Borrowed<'_> {
            fn serialize<S: __factum::serde::Serializer>(
                &self,
                serializer: S,
            ) -> __factum::Result<S::Ok, S::Error> {
                __Fields::serialize(self, serializer)
            }
        }
    }
}

fn decode_arm(event: &Ident, variant: &Variant) -> Option<TokenStream> {
    let (ident, name, fields) = (&variant.ident, variant.name.as_ref()?, variant.fields.as_ref()?);
    if fields.is_empty() {
        return Some(quote! {
            (#name, #VERSION) => {
                __factum::read_fields::<__factum::NoFields>(payload)?;
                __factum::Ok(Self::#ident {})
            }
        });
    }
    let names: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let types = fields.iter().map(|field| tokens::without_self(&field.ty, event));
    let serde = fields.iter().map(|field| {
        let attrs = &field.serde;
        quote!(#(#attrs)*)
    });
    Some(quote! {
        (#name, #VERSION) => {
            #[derive(__factum::serde::Deserialize)]
            #[serde(crate = "__factum::serde")]
            struct __Fields { #(#serde #names: #types),* }
            let fields = __factum::read_fields::<__Fields>(payload)?;
            __factum::Ok(Self::#ident { #(#names: fields.#names),* })
        }
    })
}
