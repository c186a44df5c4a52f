use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::{fingerprint, name_or_empty, scoped};
use crate::model::aggregate::{Aggregate, Snapshot};
use crate::tokens::shown_at;

pub(crate) fn expand(aggregate: &Aggregate) -> TokenStream {
    let ident = &aggregate.item.ident;
    let (impl_generics, ty_generics, where_clause) = aggregate.item.generics.split_for_impl();
    let name = name_or_empty(aggregate.name.as_ref());
    let event = type_or(aggregate.event.as_ref(), &quote!(__factum::MissingEvent));
    let error = type_or(aggregate.error.as_ref(), &quote!(__factum::MissingError));
    let fold = aggregate.event.as_ref().map(|event| {
        let this = shown_at(last_span(event), quote!(Self));
        quote_spanned!(event.span()=> <#this as __factum::Apply<#event>>::apply(self, event))
    });
    let event_arg = if fold.is_some() { quote!(event) } else { quote!(_) };
    let (list, commands_arg) = match aggregate.commands.as_slice() {
        [] => (None, quote!(_)),
        commands => (Some(quote!(list #(.add::<#commands>())*;)), quote!(list)),
    };
    let snapshot = aggregate.snapshot.as_ref().map(|snapshot| expand_snapshot(aggregate, snapshot));
    let sent = aggregate.commands.iter().map(|command| sent_to(aggregate, command));
    scoped(
        &aggregate.item,
        &quote! {
            #[automatically_derived]
            impl #impl_generics __factum::Aggregate for #ident #ty_generics #where_clause {
                const NAME: &'static str = #name;
                type Event = #event;
                type Error = #error;

                fn fold(&mut self, #event_arg: &#event) {
                    #fold
                }

                fn commands(#commands_arg: &mut __factum::Commands<Self>) {
                    #list
                }

                #snapshot
            }
            #(#sent)*
        },
    )
}

fn type_or(ty: Option<&Type>, otherwise: &TokenStream) -> TokenStream {
    ty.map_or_else(|| otherwise.clone(), ToTokens::to_token_stream)
}

/// Where an error about a type is shown: at the last word of its path.
fn last_span(ty: &Type) -> Span {
    match ty {
        Type::Path(path) => path.path.segments.last().map_or(ty.span(), |last| last.ident.span()),
        _ => ty.span(),
    }
}

/// Only `decide` mentions `Handle`, and all of it is shown at the command in the list: a command
/// without its handler is one error there.
fn sent_to(aggregate: &Aggregate, command: &Type) -> TokenStream {
    let ident = &aggregate.item.ident;
    let (impl_generics, ty_generics, where_clause) = aggregate.item.generics.split_for_impl();
    let at = last_span(command);
    let this = shown_at(at, quote!(#ident #ty_generics));
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
                #handle
            }
        }
    }
}

fn expand_snapshot(aggregate: &Aggregate, snapshot: &Snapshot) -> TokenStream {
    let ident = &aggregate.item.ident;
    let (_, ty_generics, _) = aggregate.item.generics.split_for_impl();
    let Snapshot { at, every, shape } = snapshot;
    let shape = fingerprint(&quote!(__factum::fingerprint), shape);
    let this = shown_at(*at, quote!(#ident #ty_generics));
    let serde = quote_spanned!(*at=> <__factum::SnapshotPolicy<#this>>::serde);
    quote! {
        fn snapshot() -> __factum::Option<__factum::SnapshotPolicy<Self>> {
            const SHAPE: u64 = #shape;
            __factum::Some(#serde(#every, SHAPE))
        }
    }
}
