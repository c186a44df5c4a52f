//! What is followed: `from(AccountEvent, FineEvent by keys_of)`.

use syn::parse::{Parse, ParseStream};
use syn::{Path, Token, Type};

/// An enum of events: `AccountEvent`, or `AccountEvent by keys_of`.
pub(crate) struct Source {
    pub(crate) event: Type,
    /// The function that says whom an event concerns.
    pub(crate) by: Option<Path>,
}

mod keyword {
    syn::custom_keyword!(by);
}

impl Parse for Source {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let event = input.parse()?;
        let by: Option<keyword::by> = input.parse()?;
        let by = by.map(|_| input.parse()).transpose()?;
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("expected `,`, or `by` and a function"));
        }
        Ok(Self { event, by })
    }
}
