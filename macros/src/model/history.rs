//! The history of a form, an event's or that of a saga's state: `version = 3, was = "…",
//! upcast(1 => f, 2 => g)`.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span};
use syn::parse::{Parse, ParseStream};
use syn::{LitInt, LitStr, Path, Token};

use crate::attr;
use crate::ctxt::Ctxt;

/// How a form came to be what it is.
pub(crate) struct History {
    pub(crate) version: u32,
    /// The names before.
    pub(crate) was: Vec<LitStr>,
    /// The functions that lead to the next version, from version 1 on.
    pub(crate) upcasters: Vec<Path>,
    /// Whether one in a newer form is skipped.
    pub(crate) skip_newer: bool,
}

impl Default for History {
    fn default() -> Self {
        Self { version: 1, was: Vec::new(), upcasters: Vec::new(), skip_newer: false }
    }
}

/// What was read of it.
#[derive(Default)]
pub(crate) struct Options {
    /// Where it is said, and what, if that could be read.
    version: Option<(Span, Option<u32>)>,
    was: Vec<LitStr>,
    /// Where it is said, and what, if that could be read.
    upcast: Option<(Span, Option<Vec<Step>>)>,
    skip_newer: bool,
    /// Whether something is given twice, so that what follows from it is not known.
    doubled: bool,
}

/// `1 => function`.
struct Step {
    from: u32,
    at: Span,
    function: Path,
}

impl Parse for Step {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let usage = "write the version that the function leads on from: `1 => function`";
        let literal: LitInt = input.parse().map_err(|error| again(&error, usage))?;
        let from = literal.base10_parse()?;
        input.parse::<Token![=>]>().map_err(|error| again(&error, usage))?;
        let named = "an upcaster is the name of a function: `1 => from_v1`";
        let function = input.parse().map_err(|error| again(&error, named))?;
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("expected `,`: an upcaster is the name of a function"));
        }
        Ok(Self { from, at: literal.span(), function })
    }
}

fn again(error: &syn::Error, message: &str) -> syn::Error {
    syn::Error::new(error.span(), message)
}

impl Options {
    /// Takes one option; says whether it is one of these.
    pub(crate) fn set(
        &mut self,
        option: &str,
        word: &Ident,
        input: ParseStream<'_>,
    ) -> syn::Result<bool> {
        match option {
            "version" => {
                self.doubled |= self.version.is_some();
                self.version = Some((word.span(), None));
                let value: LitInt = attr::value(word, &input.fork(), "2")?;
                self.version = Some((value.span(), Some(attr::number(word, input)?)));
            }
            "was" => self.was.push(attr::text(word, input)?),
            "upcast" => {
                self.doubled |= self.upcast.is_some();
                self.upcast = Some((word.span(), None));
                let steps = attr::list(word, input, "1 => from_v1")?;
                self.upcast = Some((word.span(), Some(steps)));
            }
            "newer" => self.skip_newer = newer(word, input)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The history of `what`, checked: each version before today's leads on to the next.
    pub(crate) fn check(self, cx: &Ctxt, what: &str) -> History {
        let (was, skip_newer) = (self.was, self.skip_newer);
        let (at, version) = self.version.unwrap_or((Span::call_site(), Some(1)));
        let (Some(version), false) = (version, self.doubled) else {
            // What the upcasters should lead to is not known.
            return History { was, skip_newer, ..History::default() };
        };
        let upcasters = match self.upcast {
            Some((word, Some(steps))) => chain(cx, (what, version), word, steps),
            Some((_, None)) => Vec::new(),
            None => chain(cx, (what, version), at, Vec::new()),
        };
        History { version, was, upcasters, skip_newer }
    }
}

fn newer(word: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
    let choice: Ident = attr::value(word, input, "skip")?;
    match choice.to_string().as_str() {
        "skip" => Ok(true),
        "fail" => Ok(false),
        other => {
            let message = format!(
                "`{other}` is not a choice: `newer = fail` stops at an event in a newer form, \
                 `newer = skip` leaves it out and counts it"
            );
            Err(syn::Error::new(choice.span(), message))
        }
    }
}

fn missing(version: u32, from: impl IntoIterator<Item = u32>) -> String {
    // Some are enough to show how it goes on.
    let steps: Vec<_> =
        from.into_iter().take(3).map(|from| format!("{from} => from_v{from}")).collect();
    format!(
        "nothing leads to version {version} from the versions before: add `upcast({})`",
        steps.join(", ")
    )
}

/// The functions in order; without any if there is a mistake.
fn chain(cx: &Ctxt, (what, version): (&str, u32), word: Span, steps: Vec<Step>) -> Vec<Path> {
    let mut by_version = BTreeMap::new();
    let mut told = false;
    let mut tell = |at: Span, message: String| {
        told = true;
        cx.add(syn::Error::new(at, message));
    };
    let newest = steps.iter().map(|step| step.from).max().unwrap_or_default();
    if let (1, Some(first)) = (version, steps.first()) {
        // One version for all of them, and one error.
        tell(first.at, too_new(what, version, newest));
        return Vec::new();
    }
    for Step { from, at, function } in steps {
        if from == 0 || from >= version {
            tell(at, too_new(what, version, from));
        } else if by_version.insert(from, function).is_some() {
            tell(at, format!("version {from} has an upcaster already: take one out"));
        }
    }
    let hole = (1..version).find(|from| !by_version.contains_key(from));
    if let (Some(from), false) = (hole, told) {
        let message = if by_version.is_empty() {
            missing(version, 1..version)
        } else {
            format!("nothing leads on from version {from}: add `{from} => from_v{from}`")
        };
        cx.add(syn::Error::new(word, message));
    }
    if hole.is_some() { Vec::new() } else { by_version.into_values().collect() }
}

fn too_new(what: &str, version: u32, from: u32) -> String {
    if from == 0 {
        return "versions count from 1".to_owned();
    }
    let next = from.saturating_add(1);
    format!(
        "{what} has version {version}, and an upcaster leads on from a version before: write \
         `version = {next}`, or take the upcaster out"
    )
}
