use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::tags::{add_tag, tag_fields, tag_names, tags_function};
use super::{docs_function, fingerprint, name_or_empty, scoped};
use crate::model::command::Command;
use crate::model::tag::Tag;
use crate::tokens::place_of;

pub(crate) fn expand(command: &Command) -> TokenStream {
    let ident = &command.item.ident;
    let (impl_generics, ty_generics, where_clause) = command.item.generics.split_for_impl();
    let name = name_or_empty(command.name.as_ref());
    let shape = fingerprint(&quote!(__factum::command_shape), &command.shape);
    let has_id = (command.id.is_none() && !command.tags.is_empty()).then(|| {
        quote!(
            const HAS_ID: bool = false;
        )
    });
    let tags = tags(&command.tags);
    let id = command.id.as_ref().map_or_else(
        || quote!(__factum::Cow::Borrowed("")),
        |field| {
            let (ident, ty) = (&field.ident, &field.ty);
            let write = quote_spanned!(place_of(ty)=> <#ty as __factum::Id>::write);
            quote!(#write(&self.#ident))
        },
    );
    let form = super::form(ident);
    let docs = docs_function(&command.docs);
    scoped(
        &command.item,
        &quote! {
            #[automatically_derived]
            impl #impl_generics __factum::Command for #ident #ty_generics #where_clause {
                const NAME: &'static str = #name;
                const SHAPE: u32 = #shape;
                #has_id

                fn id(&self) -> __factum::Cow<'_, str> {
                    #id
                }

                #tags

                fn form() -> __factum::Form<Self> {
                    #form
                }

                #docs
            }
        },
    )
}

fn tags(tags: &[Tag]) -> Option<TokenStream> {
    if tags.is_empty() {
        return None;
    }
    let names = tag_names(tags);
    let adds = tags.iter().map(|tag| {
        let field = &tag.field;
        add_tag(tag, &quote!(&self.#field))
    });
    let function = tags_function(&quote!(#(#adds)*));
    let fields = tag_fields(tags);
    Some(quote! {
        const TAGS: &'static [&'static str] = &[#(#names),*];

        #function

        fn tag_fields() -> __factum::Vec<__factum::TagSchema> {
            #fields
        }
    })
}
