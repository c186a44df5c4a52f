use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::LitStr;

use super::codec::Codec;
use super::tags::{add_tag, tag_fields, tag_names, tags_function};
use super::{docs_value, name_or_empty, scoped};
use crate::model::event::{Event, Variant};
use crate::tokens::{local, local_at, place_of_path};

pub(crate) fn expand(event: &Event) -> TokenStream {
    let ident = &event.item.ident;
    if !event.item.generics.params.is_empty() {
        return TokenStream::new();
    }
    let variants = &event.variants;
    let codecs: Vec<_> = variants.iter().enumerate().map(|(n, v)| Codec::of(ident, n, v)).collect();
    let codec_items = codecs.iter().flatten().map(Codec::items);
    let types = variants.iter().map(event_type);
    let was = was(variants);
    let newer = newer(variants);
    let tags = tags(variants);
    let type_arms = variants.iter().map(|variant| {
        let (ident, event_type) = (&variant.ident, event_type(variant));
        quote!(Self::#ident { .. } => #event_type,)
    });
    let encode_arms = variants.iter().zip(&codecs).map(|(variant, codec)| {
        let ident = &variant.ident;
        codec
            .as_ref()
            .map_or_else(|| quote!(Self::#ident { .. } => __factum::Ok(()),), Codec::encode_arm)
    });
    let decode_arms =
        variants.iter().zip(&codecs).filter_map(|(v, codec)| decode_arms(v, codec.as_ref()?));
    let schemas = variants.iter().zip(&codecs).filter_map(|(v, codec)| schema(v, codec.as_ref()?));
    let [name, version, payload] = ["name", "version", "payload"].map(local);
    let (no_type, no_code) = if event.closed {
        (None, None)
    } else {
        (
            Some(quote!(_ => __factum::EventType { name: "", version: 1u32 },)),
            Some(quote!(_ => __factum::Ok(()),)),
        )
    };
    scoped(
        &event.item,
        &quote! {
            #(#codec_items)*

            #[automatically_derived]
            #[allow(deprecated)]
            impl __factum::Event for #ident {
                const TYPES: &'static [__factum::EventType] = &[#(#types),*];

                #tags

                #was

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
                    #name: &str,
                    #version: u32,
                    #payload: &[u8],
                ) -> __factum::Result<Self, __factum::DecodeError> {
                    match (#name, #version) {
                        #(#decode_arms)*
                        _ => __factum::Err(__factum::DecodeError::unknown::<Self>(#name, #version)),
                    }
                }

                #newer

                fn schemas() -> __factum::Vec<__factum::EventSchema> {
                    __factum::Vec::from([#(#schemas),*])
                }
            }
        },
    )
}

fn event_type(variant: &Variant) -> TokenStream {
    let (name, version) = (name_or_empty(variant.name.as_ref()), variant.history.version);
    quote!(__factum::EventType { name: #name, version: #version })
}

/// The names before, where there are any.
fn was(variants: &[Variant]) -> Option<TokenStream> {
    let pairs = variants.iter().flat_map(|variant| {
        let name = name_or_empty(variant.name.as_ref());
        variant.history.was.iter().map(move |was| quote!((#was, #name)))
    });
    let pairs: Vec<_> = pairs.collect();
    (!pairs.is_empty())
        .then(|| quote!(const WAS: &'static [(&'static str, &'static str)] = &[#(#pairs),*];))
}

/// The tags that events carry, where any does.
fn tags(variants: &[Variant]) -> Option<TokenStream> {
    let names = tag_names(variants.iter().flat_map(|variant| &variant.tags));
    if names.is_empty() {
        return None;
    }
    let arms = variants.iter().filter(|variant| !variant.tags.is_empty()).map(|variant| {
        let ident = &variant.ident;
        let bound: Vec<_> = (0..variant.tags.len()).map(|n| format_ident!("field_{n}")).collect();
        let fields = variant.tags.iter().map(|tag| &tag.field);
        let adds =
            variant.tags.iter().zip(&bound).map(|(tag, bound)| add_tag(tag, &quote!(#bound)));
        quote!(Self::#ident { #(#fields: #bound,)* .. } => { #(#adds)* })
    });
    let rest = variants.iter().any(|variant| variant.tags.is_empty()).then(|| quote!(_ => {}));
    let tags = tags_function(&quote!(match self { #(#arms)* #rest }));
    Some(quote! {
        const TAGS: &'static [&'static str] = &[#(#names),*];

        #tags
    })
}

/// What becomes of newer forms, where that is not an error for all.
fn newer(variants: &[Variant]) -> Option<TokenStream> {
    let skipped = variants.iter().filter(|variant| variant.history.skip_newer);
    let names: Vec<_> = skipped.flat_map(names).collect();
    (!names.is_empty()).then(|| {
        quote! {
            fn newer(name: &str) -> __factum::Newer {
                match name {
                    #(#names)|* => __factum::Newer::Skip,
                    _ => __factum::Newer::Fail,
                }
            }
        }
    })
}

/// The names of today and before.
fn names(variant: &Variant) -> impl Iterator<Item = &LitStr> {
    variant.name.iter().chain(&variant.history.was)
}

/// An arm for each version. One before today's goes through the upcasters from its own on.
fn decode_arms(variant: &Variant, codec: &Codec<'_>) -> Option<TokenStream> {
    let name = variant.name.as_ref()?;
    let names: Vec<_> = names(variant).collect();
    let (version, upcasters) = (variant.history.version, &variant.history.upcasters);
    let steps: Vec<_> = upcasters.iter().map(step).collect();
    let (payload, form) = (local("payload"), local("form"));
    let today = upcasters.last().map(|last| {
        let (at, form) = (place_of_path(last), local_at("form", place_of_path(last)));
        quote_spanned!(at=> __factum::today::<Self, _>(#form, #name, #version))
    });
    let mut arms = TokenStream::new();
    for (from, first) in (1u32..).zip(&steps) {
        let further = steps.iter().zip(upcasters).skip(from as usize).map(|(step, upcaster)| {
            let (at, form) = (place_of_path(upcaster), local_at("form", place_of_path(upcaster)));
            quote_spanned!(at=> let #form = #step.next(#form)?;)
        });
        arms.extend(quote! {
            (#(#names)|*, #from) => {
                let #form = #first.first(#payload)?;
                #(#further)*
                #today
            }
        });
    }
    let read = codec.read();
    arms.extend(quote!((#(#names)|*, #version) => { #read }));
    Some(arms)
}

/// An upcaster, shown at its name in the attribute wherever it is mentioned: what is wrong with it is
/// one error there.
fn step(upcaster: &syn::Path) -> TokenStream {
    quote_spanned!(place_of_path(upcaster)=> __factum::step(#upcaster))
}

fn schema(variant: &Variant, codec: &Codec<'_>) -> Option<TokenStream> {
    let name = variant.name.as_ref()?;
    let was = &variant.history.was;
    let version = variant.history.version;
    let newer = if variant.history.skip_newer { quote!(Skip) } else { quote!(Fail) };
    let (ident, docs) = (crate::model::docs::unraw(&variant.ident), docs_value(&variant.docs));
    let (fields, tags) = (codec.shape(), tag_fields(&variant.tags));
    let past = (1u32..).zip(&variant.history.upcasters).map(|(version, upcaster)| {
        let step = step(upcaster);
        quote!(__factum::PastForm { version: #version, fields: #step.old_shape() })
    });
    Some(quote! {
        __factum::EventSchema {
            name: #name,
            version: #version,
            was: __factum::Vec::from([#(#was),*]),
            newer: __factum::Newer::#newer,
            event_type: __factum::type_name::<Self>(),
            variant: #ident,
            docs: #docs,
            fields: #fields,
            tags: #tags,
            past: __factum::Vec::from([#(#past),*]),
            read: __factum::EventSchema::reader::<Self>(),
        }
    })
}
