use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;

use crate::model::docs::unraw;
use crate::model::tag::Tag;
use crate::tokens::place_of;

/// The names, each once, in order.
pub(super) fn tag_names<'a>(tags: impl IntoIterator<Item = &'a Tag>) -> Vec<&'a LitStr> {
    let mut seen = BTreeSet::new();
    tags.into_iter().map(|tag| &tag.name).filter(|name| seen.insert(name.value())).collect()
}

/// Adds the tag of a field; what its type lacks is an error there.
pub(super) fn add_tag(tag: &Tag, value: &TokenStream) -> TokenStream {
    let (name, ty) = (&tag.name, &tag.ty);
    let add = quote_spanned!(place_of(ty)=> <#ty as __factum::TagValue>::add);
    quote!(#add(#value, #name, &mut tags)?;)
}

/// The function that collects tags.
pub(super) fn tags_function(adds: &TokenStream) -> TokenStream {
    quote! {
        fn tags(&self) -> __factum::Result<__factum::Tags, __factum::BadName> {
            let mut tags = __factum::Vec::new();
            #adds
            __factum::Ok(tags.into_iter().collect())
        }
    }
}

/// The list of tags, each with its field.
pub(super) fn tag_fields(tags: &[Tag]) -> TokenStream {
    let tags = tags.iter().map(|Tag { name, field, .. }| {
        let field = unraw(field);
        quote!(__factum::TagSchema { name: #name, field: #field })
    });
    quote!(__factum::Vec::from([#(#tags),*]))
}
