//! The code that writes and reads the fields of a variant.
//!
//! Serde's derives do the work, on structs whose field types are parameters: what a field's type lacks
//! is then one error at that type, where the function of the variant is named, and not one at each
//! place where serde would use it. A field with a serde attribute that holds for one type only keeps
//! its type.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::model::event::{Field, Variant};
use crate::tokens;

pub(super) struct Codec<'a> {
    event: &'a Ident,
    variant: &'a Ident,
    fields: &'a [Field],
    /// Gives the functions that write, read and describe.
    form: Ident,
    write: Ident,
    read: Ident,
}

impl<'a> Codec<'a> {
    /// None where the fields have no names.
    pub(super) fn of(event: &'a Ident, place: usize, variant: &'a Variant) -> Option<Self> {
        Some(Self {
            event,
            variant: &variant.ident,
            fields: variant.fields.as_deref()?,
            form: format_ident!("__form_{place}"),
            write: format_ident!("__Write{place}"),
            read: format_ident!("__Read{place}"),
        })
    }

    /// The parameters, one for each field that has no type of its own here.
    fn params(&self) -> Vec<Ident> {
        let fields = self.fields.iter().enumerate().filter(|(_, field)| field.plain);
        fields.map(|(place, _)| param(place)).collect()
    }

    /// The types of the fields, as they stand in the structs.
    fn types(&self) -> Vec<TokenStream> {
        let of = |(place, field): (usize, &Field)| {
            if field.plain {
                let param = param(place);
                quote!(#param)
            } else {
                tokens::without_self(&field.ty, self.event)
            }
        };
        self.fields.iter().enumerate().map(of).collect()
    }

    fn names(&self) -> Vec<&Ident> {
        self.fields.iter().map(|field| &field.ident).collect()
    }

    fn bound(&self) -> Vec<Ident> {
        (0..self.fields.len()).map(|place| format_ident!("field_{place}")).collect()
    }

    /// The word, or one like it that no field has.
    fn free_name(&self, word: &str) -> Ident {
        let mut name = word.to_owned();
        while self.fields.iter().any(|field| field.ident == name) {
            name.push('_');
        }
        format_ident!("{name}")
    }

    /// The structs and the function that the arms name.
    pub(super) fn items(&self) -> TokenStream {
        if self.fields.is_empty() {
            return TokenStream::new();
        }
        let (form, write, read) = (&self.form, &self.write, &self.read);
        let (names, types, params, bound) =
            (self.names(), self.types(), self.params(), self.bound());
        let attrs = self.fields.iter().map(|field| &field.serde);
        let bounds =
            self.fields.iter().enumerate().filter(|(_, field)| field.plain).map(|(n, field)| {
                let (param, default) =
                    (param(n), field.defaulted.then(|| quote!(+ __factum::Default)));
                quote!(#param: __factum::JsonForm #default)
            });
        let borrowed = self.borrowed();
        quote! {
            #borrowed
            #[derive(__factum::serde::Deserialize)]
            #[serde(crate = "__factum::serde")]
            struct #read<#(#params),*> { #(#(#attrs)* #names: #types),* }
            fn #form<#(#bounds),*>() -> __factum::VariantForm<
                fn(#(&#types,)* &mut __factum::Vec<u8>) -> __factum::Result<(), __factum::EncodeError>,
                #read<#(#params),*>,
            > {
                __factum::VariantForm {
                    write: |#(#bound,)* out| __factum::write_json(&#write { #(#names: #bound),* }, out),
                    read: __factum::read_fields,
                    shape: __factum::Shape::of::<#read<#(#params),*>>,
                }
            }
        }
    }

    /// A view of the fields that serde can write.
    fn borrowed(&self) -> TokenStream {
        let write = &self.write;
        let (names, types, params) = (self.names(), self.types(), self.params());
        let attrs: Vec<_> = self.fields.iter().map(|field| &field.serde).collect();
        if self.fields.iter().all(|field| field.plain) {
            return quote! {
                #[derive(__factum::serde::Serialize)]
                #[serde(crate = "__factum::serde")]
                struct #write<'a, #(#params),*> { #(#(#attrs)* #names: &'a #types),* }
            };
        }
        // Serde's remote derive sees the fields' own types, where a struct of references would hand
        // references to the functions that attributes name. A field that serde skips has a getter
        // that nobody calls.
        let remote = format_ident!("{write}Fields");
        let lifetime = self.free_name("__lifetime");
        let (write_text, getters) = (
            write.to_string(),
            self.fields.iter().map(|field| format!("{write}::{}", field.ident)),
        );
        quote! {
            #[allow(dead_code)]
            struct #write<'a, #(#params),*> { #(#names: &'a #types),* }
            #[allow(dead_code)]
            impl<'a, #(#params),*> #write<'a, #(#params),*> {
                #(fn #names(&self) -> &'a #types { self.#names })*
            }
            #[derive(__factum::serde::Serialize)]
            #[serde(crate = "__factum::serde", remote = #write_text)]
            struct #remote<'a, #(#params),*> {
                #(#[serde(getter = #getters)] #(#attrs)* #names: #types,)*
                #[serde(skip)]
                #lifetime: __factum::PhantomData<&'a ()>,
            }
            impl<#(#params: __factum::serde::Serialize),*> __factum::serde::Serialize
                for #write<'_, #(#params),*>
            {
                fn serialize<S: __factum::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> __factum::Result<S::Ok, S::Error> {
                    #remote::serialize(self, serializer)
                }
            }
        }
    }

    /// A call of the function, with the fields' own types: what they lack is an error at them.
    fn form(&self) -> TokenStream {
        let form = &self.form;
        let types: Vec<_> = self.fields.iter().filter(|field| field.plain).map(|f| &f.ty).collect();
        if types.is_empty() { quote!(#form()) } else { quote!(#form::<#(#types),*>()) }
    }

    pub(super) fn encode_arm(&self) -> TokenStream {
        let ident = self.variant;
        if self.fields.is_empty() {
            return quote!(Self::#ident { .. } => __factum::write_json(&__factum::NoFields {}, out),);
        }
        let (names, bound, form) = (self.names(), self.bound(), self.form());
        quote!(Self::#ident { #(#names: #bound),* } => (#form.write)(#(#bound,)* out),)
    }

    /// Reads the variant from `payload`.
    pub(super) fn read(&self) -> TokenStream {
        let (ident, payload) = (self.variant, tokens::local("payload"));
        if self.fields.is_empty() {
            return quote! {
                __factum::read_fields::<__factum::NoFields>(#payload)?;
                __factum::Ok(Self::#ident {})
            };
        }
        let (names, form) = (self.names(), self.form());
        quote! {
            let fields = (#form.read)(#payload)?;
            __factum::Ok(Self::#ident { #(#names: fields.#names),* })
        }
    }

    /// Describes the fields.
    pub(super) fn shape(&self) -> TokenStream {
        if self.fields.is_empty() {
            return quote!(__factum::Shape::of::<__factum::NoFields>());
        }
        let form = self.form();
        quote!((#form.shape)())
    }
}

fn param(place: usize) -> Ident {
    format_ident!("__F{place}")
}
