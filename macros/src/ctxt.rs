//! Collects mistakes, so that all of an item are reported at once.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// What went wrong so far. There is one only inside [`Ctxt::collect`], which hands out the errors
/// beside the result: they cannot be forgotten.
pub(crate) struct Ctxt {
    errors: RefCell<Vec<syn::Error>>,
}

impl Ctxt {
    /// Runs a parser; gives what it made and the errors, as tokens.
    pub(crate) fn collect<T>(parse: impl FnOnce(&Self) -> T) -> (T, TokenStream) {
        let cx = Self { errors: RefCell::default() };
        let parsed = parse(&cx);
        let errors = cx.errors.into_inner();
        (parsed, errors.iter().map(syn::Error::to_compile_error).collect())
    }

    /// Takes note of a mistake in these tokens.
    pub(crate) fn error(&self, at: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(at, message));
    }

    /// Takes note of a mistake that a parser found.
    pub(crate) fn add(&self, error: syn::Error) {
        self.errors.borrow_mut().push(error);
    }
}
