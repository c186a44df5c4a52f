use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{LitStr, Path, Type};

use super::{apart, docs_function, name_or_empty, scoped};
use crate::model::docs::unraw;
use crate::model::saga::{Heard, Saga, Sent};
use crate::tokens::{local, local_at, place_of, place_of_path, shown_at};

pub(crate) fn expand(saga: &Saga) -> TokenStream {
    let ident = &saga.item.ident;
    let (impl_generics, ty_generics, where_clause) = saga.item.generics.split_for_impl();
    let name = name_or_empty(saga.name.as_ref());
    let version = (saga.history.version != 1).then(|| {
        let version = saga.history.version;
        quote!(const VERSION: u32 = #version;)
    });
    // Only `begin` mentions `Default`, shown at the name of the type.
    let here = ident.span().resolved_at(Span::call_site());
    let this = shown_at(here, quote!(#ident #ty_generics));
    let begin = quote_spanned!(here=> __factum::start_state::<#this>());
    let form = super::form(ident);
    let upcast = upcast(&saga.history.upcasters);
    let hears = hears(&saga.heard, saga.tag.as_ref());
    let sends = sends(saga);
    let docs = docs_function(&saga.docs);
    let sent_by = saga.sent.iter().map(|Sent { command, .. }| {
        // That the command is one is told at it in the list.
        quote! {
            #[automatically_derived]
            impl #impl_generics __factum::SentBy<#ident #ty_generics> for #command #where_clause {}
        }
    });
    scoped(
        &saga.item,
        &quote! {
            #[automatically_derived]
            impl #impl_generics __factum::Saga for #ident #ty_generics #where_clause {
                const NAME: &'static str = #name;
                const CATEGORY: &'static str = ::core::concat!("saga.", #name);
                const INBOX: &'static str = ::core::concat!("saga.", #name, ".inbox");
                #version

                fn begin() -> Self {
                    #begin
                }

                fn form() -> __factum::Form<Self> {
                    #form
                }

                #upcast

                #hears

                #sends

                #docs
            }
            #(#sent_by)*
        },
    )
}

/// Each function is shown at its name in the attribute: what is wrong with it is an error there.
fn upcast(upcasters: &[Path]) -> Option<TokenStream> {
    if upcasters.is_empty() {
        return None;
    }
    let steps = upcasters.iter().map(|path| shown_at(place_of_path(path), path));
    Some(quote! {
        fn upcast(
            version: u32,
            state: __factum::Fields,
        ) -> __factum::Result<__factum::Fields, __factum::DecodeError> {
            __factum::lead::<Self>(version, state, &[#(#steps),*])
        }
    })
}

/// Each call is shown at the enum in the list: one without `React` is one error there.
fn hears(heard: &[Heard], tag: Option<&LitStr>) -> TokenStream {
    let calls = heard.iter().map(|source| {
        let (event, at) = (&source.event, place_of(&source.event));
        let (list, starts) = (local_at("list", at), starts(source, at));
        match (&source.by, tag) {
            (Some(by), _) => {
                let by = shown_at(place_of_path(by), by);
                quote_spanned!(at=> #list.from_keyed::<#event, _>(#by, #starts);)
            }
            (None, None) => quote_spanned!(at=> #list.from::<#event>(#starts);),
            (None, Some(tag)) => {
                quote_spanned!(at=> #list.from_tagged::<#event>(#tag, #starts);)
            }
        }
    });
    let tagged: Vec<_> =
        heard.iter().filter(|source| source.by.is_none()).map(|source| &source.event).collect();
    let carried = tag.filter(|_| !tagged.is_empty()).map(|tag| carried(&tagged, tag));
    let apart = apart(heard.iter().map(|source| &source.event));
    let list = if heard.is_empty() { quote!(_) } else { local("list").into_token_stream() };
    quote! {
        fn hears(#list: &mut __factum::Hears<Self>) {
            #(#calls)*
            #carried
            #apart
        }
    }
}

/// Which of its events an instance begins with. By an alias, an enum that is not there is the same error
/// here as elsewhere, and so told once.
fn starts(heard: &Heard, at: Span) -> TokenStream {
    if heard.starts.is_empty() {
        return quote_spanned!(at=> __factum::Starts::never());
    }
    let (event_type, event) = (&heard.event, local_at("event", at));
    let variants: Vec<_> = heard.starts.iter().filter_map(last_word).collect();
    let names = variants.iter().map(|variant| unraw(variant));
    quote_spanned! {at=>
        __factum::Starts {
            variants: &[#(#names),*],
            is_one: |#event| {
                type __Event = #event_type;
                ::core::matches!(#event, #(__Event::#variants { .. })|*)
            },
        }
    }
}

fn last_word(path: &Path) -> Option<&Ident> {
    path.segments.last().map(|last| &last.ident)
}

/// That the enums carry the tag whose value is the id. One that no enum carries is a mistake at the
/// tag, and one that only some carry a mistake at the others.
fn carried(events: &[&Type], tag: &LitStr) -> TokenStream {
    let text = tag.value();
    let what_to_do = "write `#[tag]` on the field that holds the id of the instance, or name a function \
                      that gives it: `from(TheEvent by the_function)`";
    let tags: Vec<_> = events
        .iter()
        .map(|event| quote_spanned!(place_of(event)=> <#event as __factum::Event>::TAGS))
        .collect();
    let by_none = format!("no event that the saga hears carries the tag `{text}`: {what_to_do}");
    let mut checks = quote_spanned! {tag.span().resolved_at(Span::call_site())=> const {
        ::core::assert!(__factum::any_lists(&[#(#tags),*], #tag), #by_none)
    }};
    // Of a single enum that says it all.
    for (event, own) in events.iter().zip(&tags).filter(|_| tags.len() > 1) {
        let message = format!("no event of this enum carries the tag `{text}`: {what_to_do}");
        checks.extend(quote_spanned! {place_of(event)=> const {
            ::core::assert!(
                __factum::listed(#own, #tag) || !__factum::any_lists(&[#(#tags),*], #tag),
                #message
            )
        }});
    }
    checks
}

fn sends(saga: &Saga) -> TokenStream {
    // Each call is shown at the command in the list: one that nobody takes is one error there.
    let sent = saga.sent.iter().map(|Sent { command, to_step }| {
        let (at, list) = (place_of(command), local_at("list", place_of(command)));
        if *to_step {
            quote_spanned!(at=> #list.calls::<#command>();)
        } else {
            quote_spanned!(at=> __factum::sent::<#command>().to(#list);)
        }
    });
    let answered = saga.answers.iter().map(|command| {
        let list = local_at("list", place_of(command));
        quote_spanned!(place_of(command)=> #list.answers::<#command>();)
    });
    let list = if saga.sent.is_empty() { quote!(_) } else { local("list").into_token_stream() };
    quote! {
        fn sends(#list: &mut __factum::Sends<Self>) {
            #(#sent)*
            #(#answered)*
        }
    }
}
