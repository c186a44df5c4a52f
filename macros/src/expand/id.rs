use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::scoped;
use crate::model::id::Id;
use crate::tokens::place_of;

pub(crate) fn expand(id: &Id) -> TokenStream {
    let ident = &id.item.ident;
    let (impl_generics, ty_generics, where_clause) = id.item.generics.split_for_impl();
    let wrong = quote!(__factum::BadId {
        text: __factum::ToOwned::to_owned(text),
        wanted: __factum::type_name::<Self>(),
    });
    let (write, read) = match &id.inner {
        None => (quote!(__factum::Cow::Borrowed("")), quote!(__factum::Err(#wrong))),
        Some((member, ty)) => {
            let inner = quote_spanned!(place_of(ty)=> <#ty as __factum::Id>);
            (
                quote!(#inner::write(&self.#member)),
                quote! {
                    match #inner::read(text) {
                        __factum::Ok(inner) => __factum::Ok(Self { #member: inner }),
                        __factum::Err(_) => __factum::Err(#wrong),
                    }
                },
            )
        }
    };
    scoped(
        &id.item,
        &quote! {
            #[automatically_derived]
            impl #impl_generics __factum::Id for #ident #ty_generics #where_clause {
                fn write(&self) -> __factum::Cow<'_, str> {
                    #write
                }

                fn read(text: &str) -> __factum::Result<Self, __factum::BadId> {
                    #read
                }
            }
        },
    )
}
