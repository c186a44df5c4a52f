//! Reads options: `#[aggregate(name = "account", commands(Open, Deposit))]`.
//!
//! A mistake in one option never hides the others: it is noted, and reading goes on after the next
//! comma. A misspelled option is read as the one that was meant.

use std::collections::BTreeSet;

use proc_macro2::{Group, Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, LitInt, LitStr, MacroDelimiter, Meta, MetaList, Path, Token, token};

use crate::ctxt::Ctxt;
use crate::suggest;

/// What an attribute takes.
pub(crate) struct Spec {
    /// Its name.
    pub(crate) attr: &'static str,
    /// How it is written, whole.
    pub(crate) usage: &'static str,
    /// The option whose name is left out: a text in the first place.
    pub(crate) first: Option<&'static str>,
    /// Its options.
    pub(crate) options: &'static [&'static str],
    /// Those of them that may stand there more than once.
    pub(crate) repeated: &'static [&'static str],
    /// What people try that is not an option here, with what to do instead; [`TEXT`] is any text.
    pub(crate) hints: &'static [(&'static str, &'static str)],
}

/// Stands for a text in the first place, in the hints of an attribute that takes none.
pub(crate) const TEXT: &str = "\"\"";

/// Takes one option: its name, the word that the user wrote, and what follows.
type Set<'a> = dyn FnMut(&'static str, &Ident, ParseStream<'_>) -> syn::Result<()> + 'a;

/// What attributes of one name gave.
pub(crate) struct Found {
    at: Option<Span>,
    given: BTreeSet<&'static str>,
    /// Whether something was there that could have been any option.
    unclear: bool,
}

impl Found {
    /// Notes each option of these that is not there; beside it stands what to add. A single mistake
    /// if the whole attribute is not there.
    pub(crate) fn require(&self, cx: &Ctxt, item: &Ident, spec: &Spec, wanted: &[(&str, &str)]) {
        let Some(at) = self.at else {
            return cx.error(item, format!("write `{}` above `{item}`", spec.usage));
        };
        for (option, example) in wanted {
            if !self.unclear && !self.given.contains(option) {
                cx.add(syn::Error::new(at, format!("`{option}` is missing: add {example}")));
            }
        }
    }
}

/// Reads all attributes of the name that the spec gives.
pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute], spec: &Spec, set: &mut Set<'_>) -> Found {
    let mut reader = Reader { cx, spec, given: BTreeSet::new(), unclear: false, set };
    let mut at = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(spec.attr)) {
        at = at.or_else(|| attr.path().get_ident().map(Ident::span));
        match &attr.meta {
            Meta::List(list) => reader.list(list),
            other => {
                cx.error(other, format!("write `{}`", spec.usage));
                reader.unclear = true;
            }
        }
    }
    Found { at, given: reader.given, unclear: reader.unclear }
}

/// Reads options in parentheses after an option's name.
pub(crate) fn read_nested(
    cx: &Ctxt,
    name: &Ident,
    input: ParseStream<'_>,
    spec: &Spec,
    set: &mut Set<'_>,
) -> syn::Result<Found> {
    let list = parenthesised(name, input, spec.usage)?;
    let mut reader = Reader { cx, spec, given: BTreeSet::new(), unclear: false, set };
    reader.list(&list);
    Ok(Found { at: Some(name.span()), given: reader.given, unclear: reader.unclear })
}

struct Reader<'a, 'b> {
    cx: &'a Ctxt,
    spec: &'a Spec,
    given: BTreeSet<&'static str>,
    unclear: bool,
    set: &'a mut Set<'b>,
}

impl Reader<'_, '_> {
    fn list(&mut self, list: &MetaList) {
        let read = list.parse_args_with(|input: ParseStream<'_>| {
            let mut at_start = true;
            while !input.is_empty() {
                if let Err(error) = self.option(input, at_start).and_then(|()| end(input)) {
                    self.cx.add(error);
                    skip(input)?;
                }
                at_start = false;
                input.parse::<Option<Token![,]>>()?;
            }
            Ok(())
        });
        if let Err(error) = read {
            self.cx.add(error);
        }
    }

    fn option(&mut self, input: ParseStream<'_>, at_start: bool) -> syn::Result<()> {
        let (option, word) = self.name(input, at_start).inspect_err(|_| self.unclear = true)?;
        if !self.given.insert(option) && !self.spec.repeated.contains(&option) {
            self.cx.error(&word, format!("`{option}` is given twice: take one out"));
        }
        (self.set)(option, &word, input)
    }

    /// The name of the next option. That of the first may be left out: then it has the value's span.
    fn name(&self, input: ParseStream<'_>, at_start: bool) -> syn::Result<(&'static str, Ident)> {
        let Spec { first, usage, .. } = self.spec;
        if at_start && input.peek(LitStr) {
            return match (first, self.hint(TEXT)) {
                (Some(first), _) => Ok((first, Ident::new(first, input.span()))),
                (None, hint) => Err(input.error(hint.unwrap_or("expected an option"))),
            };
        }
        let named = input.peek(Ident::peek_any);
        if !named || (at_start && first.is_some() && !option_follows(input)) {
            return Err(input.error(format_args!("write `{usage}`")));
        }
        let word = input.call(Ident::parse_any)?;
        Ok((self.resolve(&word)?, word))
    }

    fn hint(&self, word: &str) -> Option<&'static str> {
        self.spec.hints.iter().find(|(hinted, _)| *hinted == word).map(|(_, hint)| *hint)
    }

    fn resolve(&self, word: &Ident) -> syn::Result<&'static str> {
        let Spec { attr, first, options, usage, .. } = self.spec;
        let text = word.to_string();
        if let Some(option) = options.iter().find(|option| **option == text) {
            if Some(*option) == *first {
                self.cx.error(word, format!("write the {option} alone: `{usage}`"));
            }
            return Ok(option);
        }
        if let Some(hint) = self.hint(&text) {
            return Err(syn::Error::new(word.span(), hint));
        }
        if let Some(option) = suggest::nearest(&text, options) {
            self.cx.error(word, format!("unknown option `{text}`: did you mean `{option}`?"));
            return Ok(option);
        }
        let known: Vec<_> = options.iter().map(|option| format!("`{option}`")).collect();
        let known = known.join(", ");
        let message = format!("unknown option `{text}`: the options of `{attr}` are {known}");
        Err(syn::Error::new(word.span(), message))
    }
}

/// Whether an option comes next, rather than the rest of the one before.
fn option_follows(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any) && (input.peek2(Token![=]) || input.peek2(token::Paren))
}

fn end(input: ParseStream<'_>) -> syn::Result<()> {
    let ended = input.is_empty() || input.peek(Token![,]);
    if ended { Ok(()) } else { Err(input.error("expected `,`")) }
}

/// To the next option.
fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) && !option_follows(input) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Reads `= "text"`.
pub(crate) fn text(name: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    // The name of an option that is left out has nothing before its value.
    if input.peek(LitStr) {
        return input.parse();
    }
    value(name, input, "\"…\"")
}

/// Reads `= 7`, at least 1.
pub(crate) fn number<N>(name: &Ident, input: ParseStream<'_>) -> syn::Result<N>
where
    N: std::str::FromStr<Err: std::fmt::Display> + Default + PartialEq,
{
    let literal: LitInt = value(name, input, "1")?;
    let wrong =
        |_| syn::Error::new(literal.span(), format!("write `{name} = 1`, or a later number"));
    let number: N = literal.base10_parse().map_err(wrong)?;
    if number == N::default() {
        return Err(syn::Error::new(literal.span(), format!("`{name}` counts from 1")));
    }
    Ok(number)
}

/// The text behind `=`, where something else should stand.
fn quoted(input: ParseStream<'_>) -> Option<LitStr> {
    let ahead = input.fork();
    ahead.parse::<Token![=]>().ok()?;
    ahead.parse().ok()
}

/// Reads `=` and a value; `example` is what a value looks like.
pub(crate) fn value<T: Parse>(
    name: &Ident,
    input: ParseStream<'_>,
    example: &str,
) -> syn::Result<T> {
    let unquoted = quoted(input).filter(|text| text.parse::<T>().is_ok()).map(|text| text.value());
    let usage = format!("write `{name} = {}`", unquoted.as_deref().unwrap_or(example));
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(name.span(), usage));
    }
    input.parse::<Token![=]>()?;
    let at = input.span();
    input.parse().map_err(|_| syn::Error::new(at, usage))
}

/// Reads `= path`, for the crate that generated code names.
pub(crate) fn krate(name: &Ident, input: ParseStream<'_>) -> syn::Result<Path> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(name.span(), "write `crate = ::path::to::factum`"));
    }
    input.parse::<Token![=]>()?;
    input.call(Path::parse_mod_style)
}

/// Reads `(one, another)`.
pub(crate) fn list<T: Parse>(
    name: &Ident,
    input: ParseStream<'_>,
    example: &str,
) -> syn::Result<Vec<T>> {
    let usage = format!("{name}({example})");
    let list = parenthesised(name, input, &usage)?;
    let items = list.parse_args_with(|input: ParseStream<'_>| {
        if input.peek(LitStr) {
            return Err(input.error(format_args!("a name stands here without quotes: `{usage}`")));
        }
        Punctuated::<T, Token![,]>::parse_terminated(input)
    })?;
    Ok(items.into_iter().collect())
}

fn parenthesised(name: &Ident, input: ParseStream<'_>, usage: &str) -> syn::Result<MetaList> {
    let wrong = || syn::Error::new(name.span(), format!("write `{usage}`"));
    if !input.peek(token::Paren) {
        return Err(wrong());
    }
    let group: Group = input.parse().map_err(|_| wrong())?;
    // As a list of its own, an error at its end points at its closing parenthesis.
    let delimiter = MacroDelimiter::Paren(token::Paren { span: group.delim_span() });
    Ok(MetaList { path: Path::from(name.clone()), delimiter, tokens: group.stream() })
}
