use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{LitStr, Path, Type};

use super::{apart, docs_function, name_or_empty, scoped};
use crate::model::docs::unraw;
use crate::model::projection::{Column, Projection};
use crate::model::source::Source;
use crate::tokens::{local, local_at, place_of, place_of_path, shown_at};

pub(crate) fn expand(projection: &Projection) -> TokenStream {
    let ident = &projection.item.ident;
    let (impl_generics, ty_generics, where_clause) = projection.item.generics.split_for_impl();
    let name = name_or_empty(projection.name.as_ref());
    let version = projection.version;
    let indexed = || projection.columns.iter().filter(|column| column.indexed);
    let specs = indexed().map(column_spec);
    let constants = column_constants(projection);
    let (key, set_key) = keys(projection);
    let values = values(&indexed().collect::<Vec<_>>());
    let sources = sources(&projection.sources, projection.key_tag.as_ref());
    let is_gone = projection.gone_if.as_ref().map(is_gone);
    let docs = docs_function(&projection.docs);
    let form = super::form(ident);
    scoped(
        &projection.item,
        &quote! {
            #[automatically_derived]
            impl #impl_generics __factum::Projection for #ident #ty_generics #where_clause {
                const NAME: &'static str = #name;
                const VERSION: u32 = #version;
                const COLUMNS: &'static [__factum::ColumnSpec] = &[#(#specs),*];

                fn key(&self) -> __factum::Cow<'_, str> {
                    #key
                }

                #set_key

                fn form() -> __factum::Form<Self> {
                    #form
                }

                #values

                #is_gone

                #sources

                #docs
            }

            impl #impl_generics #ident #ty_generics #where_clause {
                #(#constants)*
            }
        },
    )
}

fn column_spec(column: &Column) -> TokenStream {
    let ty = &column.field.ty;
    let name = field_name(column);
    let kind = quote_spanned!(place_of(ty)=> <#ty as __factum::Indexable>::KIND);
    quote!(__factum::ColumnSpec { name: #name, kind: #kind })
}

fn field_name(column: &Column) -> String {
    unraw(&column.field.ident)
}

fn column_constants(projection: &Projection) -> Vec<TokenStream> {
    let vis = &projection.item.vis;
    let mut place = 0usize;
    let mut constants = Vec::new();
    for column in &projection.columns {
        let (constant, ty) = (&column.constant, &column.field.ty);
        let doc = format!("The column of the field `{}`.", field_name(column));
        let (marker, value) = if column.indexed {
            let index = place;
            place += 1;
            (quote!(Indexed), quote!(new(#index)))
        } else {
            (quote!(NotIndexed), quote!(without_index()))
        };
        constants.push(quote! {
            #[doc = #doc]
            #[allow(dead_code, private_interfaces)]
            #vis const #constant: __factum::Column<Self, #ty, __factum::#marker> =
                __factum::Column::#value;
        });
    }
    constants
}

fn keys(projection: &Projection) -> (TokenStream, TokenStream) {
    let result = quote!(__factum::Result<(), __factum::BadId>);
    let Some(field) = &projection.key else {
        return (
            quote!(__factum::Cow::Borrowed("")),
            quote!(fn set_key(&mut self, _: &str) -> #result { __factum::Ok(()) }),
        );
    };
    let (ident, ty) = (&field.ident, &field.ty);
    let id = quote_spanned!(place_of(ty)=> <#ty as __factum::Id>);
    (
        quote!(#id::write(&self.#ident)),
        quote! {
            fn set_key(&mut self, key: &str) -> #result {
                self.#ident = #id::read(key)?;
                __factum::Ok(())
            }
        },
    )
}

fn values(indexed: &[&Column]) -> TokenStream {
    let pushes = indexed.iter().map(|column| {
        let (ident, ty) = (&column.field.ident, &column.field.ty);
        let value = quote_spanned!(place_of(ty)=> <#ty as __factum::Indexable>::value);
        quote!(out.push(#value(&self.#ident));)
    });
    let out = if indexed.is_empty() { quote!(_) } else { quote!(out) };
    quote! {
        fn values(&self, #out: &mut __factum::Vec<__factum::Value>) {
            #(#pushes)*
        }
    }
}

/// Shown at the function: what is wrong with it is an error there.
fn is_gone(gone_if: &Path) -> TokenStream {
    let gone_if = shown_at(place_of_path(gone_if), quote!(#gone_if));
    quote! {
        fn is_gone(&self) -> bool {
            let gone_if: fn(&Self) -> bool = #gone_if;
            gone_if(self)
        }
    }
}

/// Each call is shown at the enum in the list: one without `Project` is one error there.
fn sources(sources: &[Source], tag: Option<&LitStr>) -> TokenStream {
    let calls = sources.iter().map(|Source { event, by }| {
        let (at, list) = (place_of(event), local_at("list", place_of(event)));
        match (by, tag) {
            (Some(keys), _) => {
                // Shown at the function: what is wrong with it is an error there.
                let keys = shown_at(place_of_path(keys), quote!(#keys));
                quote_spanned!(at=> #list.from_keyed::<#event, _>(#keys);)
            }
            (None, None) => quote_spanned!(at=> #list.from::<#event>();),
            (None, Some(tag)) => {
                let carried = carried(event, tag);
                quote_spanned!(at=> #carried #list.from_tagged::<#event>(#tag);)
            }
        }
    });
    let list = if sources.is_empty() { quote!(_) } else { local("list").into_token_stream() };
    let apart = apart(sources.iter().map(|source| &source.event));
    quote! {
        fn sources(#list: &mut __factum::Sources<Self>) {
            #(#calls)*
            #apart
        }
    }
}

/// That an event of the enum carries the tag which is the key.
fn carried(event: &Type, tag: &LitStr) -> TokenStream {
    let message = format!(
        "no event of this enum carries the tag `{}`, which is the key: write `#[tag]` on a field",
        tag.value()
    );
    quote_spanned! {place_of(event)=> const {
        ::core::assert!(__factum::listed(<#event as __factum::Event>::TAGS, #tag), #message)
    }}
}
