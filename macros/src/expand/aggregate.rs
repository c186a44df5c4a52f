use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Type, parse_quote};

use super::{docs_function, fingerprint, name_or_empty, scoped};
use crate::model::NamedField;
use crate::model::aggregate::{Aggregate, Snapshot};
use crate::model::docs::unraw;
use crate::tokens::{place_of, shown_at};

pub(crate) fn expand(aggregate: &Aggregate) -> TokenStream {
    let ident = &aggregate.item.ident;
    let (impl_generics, ty_generics, where_clause) = aggregate.item.generics.split_for_impl();
    let name = name_or_empty(aggregate.name.as_ref());
    let event = aggregate.event.clone().unwrap_or_else(|| parse_quote!(__factum::MissingEvent));
    let error = aggregate.error.clone().unwrap_or_else(|| parse_quote!(__factum::Infallible));
    // Shown at the type, where a type that is less visible than the aggregate is an error.
    let event_type = quote_spanned!(event.span()=> type Event = #event;);
    let error_type = quote_spanned!(error.span()=> type Error = #error;);
    let fold = aggregate.event.as_ref().map_or_else(
        || quote!(match *event {}),
        |event| {
            // Only `fold` mentions `Apply`, and all of it is shown at the event in the attribute.
            let this = shown_at(place_of(event), quote!(#ident #ty_generics));
            quote_spanned! {place_of(event)=>
                <#this as __factum::Apply<#event>>::apply(self, event)
            }
        },
    );
    let (list, commands_arg) = match aggregate.commands.as_slice() {
        [] => (None, quote!(_)),
        commands => (Some(quote!(list #(.add::<#commands>())*;)), quote!(list)),
    };
    let snapshot = aggregate.snapshot.as_ref().map(|snapshot| expand_snapshot(aggregate, snapshot));
    let sent = aggregate.commands.iter().map(|command| sent_to(aggregate, command));
    // Only `empty` mentions `Default`, shown at the name of the type.
    let here = ident.span().resolved_at(Span::call_site());
    let this = shown_at(here, quote!(#ident #ty_generics));
    let empty = quote_spanned!(here=> __factum::start_state::<#this>());
    let docs = docs_function(&aggregate.docs);
    let boundary = boundary(&aggregate.boundary, &event);
    scoped(
        &aggregate.item,
        &quote! {
            #[automatically_derived]
            impl #impl_generics __factum::Aggregate for #ident #ty_generics #where_clause {
                const NAME: &'static str = #name;
                #event_type
                #error_type

                #boundary

                fn empty() -> Self {
                    #empty
                }

                fn fold(&mut self, event: &#event) {
                    #fold
                }

                fn commands(#commands_arg: &mut __factum::Commands<Self>) {
                    #list
                }

                #snapshot

                #docs
            }
            #(#sent)*
        },
    )
}

/// Only `decide` mentions `Handle`, and all of it is shown at the command in the list: a command
/// without its handler is one error there.
fn sent_to(aggregate: &Aggregate, command: &Type) -> TokenStream {
    let ident = &aggregate.item.ident;
    let (impl_generics, ty_generics, where_clause) = aggregate.item.generics.split_for_impl();
    let at = place_of(command);
    let this = shown_at(at, quote!(#ident #ty_generics));
    let checks = checks(aggregate, command);
    let handle =
        quote_spanned!(at=> <#this as __factum::Handle<#command>>::handle(state, self, ctx));
    quote! {
        #[automatically_derived]
        impl #impl_generics __factum::SentTo<#ident #ty_generics> for #command #where_clause {
            fn decide(
                &self,
                state: &#ident #ty_generics,
                ctx: &__factum::Context,
            ) -> __factum::Decision<#ident #ty_generics> {
                #(#checks)*
                #handle
            }
        }
    }
}

/// That a command can find the aggregate, shown at it in the list.
fn checks(aggregate: &Aggregate, command: &Type) -> Vec<TokenStream> {
    let at = place_of(command);
    let (_, ty_generics, _) = aggregate.item.generics.split_for_impl();
    let ident = &aggregate.item.ident;
    // By way of `SentTo`, which holds already: that the command is one is told elsewhere.
    let pair = shown_at(at, quote!(#ident #ty_generics, #command));
    if aggregate.boundary.is_empty() {
        let message = "this command has no `#[id]`, by which it would find the aggregate's stream";
        return vec![quote_spanned!(at=>
            const { ::core::assert!(__factum::has_id::<#pair>(), #message) }
        )];
    }
    let check = |field: &NamedField| {
        let name = unraw(&field.ident);
        let message = format!(
            "this command does not have the tag `{name}` of the boundary: write `#[tag]` on the field \
             that holds its value"
        );
        quote_spanned!(at=> const { ::core::assert!(__factum::has_tag::<#pair>(#name), #message) })
    };
    aggregate.boundary.iter().map(check).collect()
}

/// The tags of a boundary, and where their values go.
fn boundary(fields: &[NamedField], event: &Type) -> Option<TokenStream> {
    if fields.is_empty() {
        return None;
    }
    let names: Vec<_> = fields.iter().map(|field| unraw(&field.ident)).collect();
    let sets = fields.iter().zip(&names).map(|(NamedField { ident, ty }, name)| {
        let at = ident.span().resolved_at(Span::call_site());
        let message =
            format!("no event of the enum carries the tag `{name}`: write `#[tag]` on a field");
        let check = quote_spanned!(at=> const {
            ::core::assert!(__factum::listed(<#event as __factum::Event>::TAGS, #name), #message)
        });
        let value = quote_spanned!(place_of(ty)=> __factum::tag_value::<#ty>);
        quote! {
            #check
            self.#ident = #value(tags, #name)?;
        }
    });
    Some(quote! {
        const BOUNDARY: &'static [&'static str] = &[#(#names),*];

        fn set_tags(&mut self, tags: &__factum::Tags) -> __factum::Result<(), __factum::BadId> {
            #(#sets)*
            __factum::Ok(())
        }
    })
}

fn expand_snapshot(aggregate: &Aggregate, snapshot: &Snapshot) -> TokenStream {
    let ident = &aggregate.item.ident;
    let (_, ty_generics, _) = aggregate.item.generics.split_for_impl();
    let Snapshot { at, every, version, shape } = snapshot;
    let fields = fingerprint(&quote!(__factum::fingerprint), shape);
    let shape = if *version == 1 { fields } else { quote!(#fields ^ ((#version as u64) << 32)) };
    let this = shown_at(*at, quote!(#ident #ty_generics));
    let policy = quote_spanned! {at.resolved_at(Span::call_site())=>
        __factum::Some(<__factum::SnapshotPolicy<#this>>::serde(#every, SHAPE))
    };
    quote! {
        fn snapshot() -> __factum::Option<__factum::SnapshotPolicy<Self>> {
            const SHAPE: u64 = #shape;
            #policy
        }
    }
}
