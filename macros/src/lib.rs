//! The derives of the **factum** framework. Use them through the facade package `factum`, which
//! re-exports them with examples.
//!
//! A derive works in two steps: `model` reads the item, checks it and keeps the user's spans;
//! `expand` puts out tokens. Mistakes are collected, all of an item at once, each at the user's own
//! token, and an impl is put out all the same, so that one mistake is one error.

mod attr;
mod ctxt;
mod expand;
mod model;
mod names;
mod suggest;
mod tokens;

use ctxt::Ctxt;
use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_macro_input};

fn derive<M>(
    input: &DeriveInput,
    parse: impl FnOnce(&Ctxt, &DeriveInput) -> M,
    expand: impl FnOnce(&M) -> TokenStream,
) -> proc_macro::TokenStream {
    let (model, mut tokens) = Ctxt::collect(|cx| parse(cx, input));
    tokens.extend(expand(&model));
    tokens.into()
}

macro_rules! derives {
    ($($(#[$doc:meta])* $derive:ident($($attr:ident),*) => $function:ident;)*) => {$(
        $(#[$doc])*
        #[proc_macro_derive($derive, attributes($($attr),*))]
        pub fn $function(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
            let input = parse_macro_input!(input as DeriveInput);
            derive(&input, model::$function::$derive::parse, expand::$function::expand)
        }
    )*};
}

derives! {
    /// Makes an enum the events of a context: implements `factum::Event`.
    Event(event, tag, serde) => event;
    /// Makes a struct a command: implements `factum::Command`.
    Command(command, id, tag) => command;
    /// Makes a type an aggregate.
    Aggregate(aggregate, tag) => aggregate;
    /// Makes a struct a row of a read model.
    Projection(projection, key, index) => projection;
    /// Makes a newtype an id.
    Id(id) => id;
}
