//! Small work on tokens.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;
use syn::spanned::Spanned;

/// The tokens as text, in a form that is the same with every compiler: fingerprints are made of it.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut words = Vec::new();
    collect(tokens.into_token_stream(), &mut words);
    words.join(" ")
}

fn collect(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        let TokenTree::Group(group) = token else {
            words.push(token.to_string());
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            // What `macro_rules!` puts around a fragment.
            Delimiter::None => ("", ""),
        };
        words.extend((!open.is_empty()).then(|| open.to_owned()));
        collect(group.stream(), words);
        words.extend((!close.is_empty()).then(|| close.to_owned()));
    }
}

/// A variable of generated code. It is never a name of the user's, whatever that is called.
pub(crate) fn local(name: &str) -> Ident {
    local_at(name, Span::call_site())
}

/// The same variable, shown elsewhere.
pub(crate) fn local_at(name: &str, at: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(at))
}

/// Where a mistake about a type is shown: at the last word of its path. Names mean there what they
/// mean in generated code.
pub(crate) fn place_of(ty: &Type) -> Span {
    match ty {
        Type::Path(path) => place_of_path(&path.path),
        _ => ty.span().resolved_at(Span::call_site()),
    }
}

/// Where a mistake about what a path names is shown.
pub(crate) fn place_of_path(path: &syn::Path) -> Span {
    let span = path.segments.last().map_or_else(|| path.span(), |last| last.ident.span());
    span.resolved_at(Span::call_site())
}

/// The tokens, shown to be at `span`: an error about them points there. What their names mean stays
/// as it was.
pub(crate) fn shown_at(span: Span, tokens: impl ToTokens) -> TokenStream {
    map(tokens.into_token_stream(), &mut |mut token| {
        token.set_span(span.resolved_at(token.span()));
        token
    })
}

/// The tokens with `Self` written out, so that they mean the same in another item.
pub(crate) fn without_self(tokens: impl ToTokens, name: &Ident) -> TokenStream {
    map(tokens.into_token_stream(), &mut |token| match &token {
        TokenTree::Ident(ident) if ident == "Self" => {
            TokenTree::Ident(Ident::new(&name.to_string(), ident.span()))
        }
        _ => token,
    })
}

fn map(tokens: TokenStream, change: &mut impl FnMut(TokenTree) -> TokenTree) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), map(group.stream(), change));
                inner.set_span(group.span());
                change(TokenTree::Group(inner))
            }
            token => change(token),
        })
        .collect()
}
