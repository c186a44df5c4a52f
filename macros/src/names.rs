//! Checks names that are persisted, by the rules of `factum_core::names`.

use syn::LitStr;

use crate::ctxt::Ctxt;

const MAX_NAME_BYTES: usize = 255;

/// Checks `context.name`.
pub(crate) fn check_dotted(cx: &Ctxt, name: &LitStr, what: &str) {
    let text = name.value();
    let dotted = text.rsplit_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
    if check_text(cx, name) && !dotted {
        let example =
            if text.contains('.') { "account.opened" } else { &format!("account.{text}") };
        cx.error(
            name,
            format!("the name of {what} is a context, a dot and a word, such as {example:?}"),
        );
    }
}

/// Checks the name of an aggregate or a view.
pub(crate) fn check_plain(cx: &Ctxt, name: &LitStr) {
    check_text(cx, name);
}

/// Checks the name of an aggregate, which is the category of its streams.
pub(crate) fn check_category(cx: &Ctxt, name: &LitStr) {
    if check_text(cx, name) && name.value().contains('-') {
        let better = name.value().replace('-', "_");
        cx.error(name, format!("a hyphen ends the category in a stream's name: write {better:?}"));
    }
}

/// Checks the name of a tag, which a colon would end.
pub(crate) fn check_tag(cx: &Ctxt, name: &LitStr) {
    if check_text(cx, name) && name.value().contains(':') {
        cx.error(name, "a colon ends the name of a tag: take it out");
    }
}

fn check_text(cx: &Ctxt, name: &LitStr) -> bool {
    let text = name.value();
    let problem = if text.is_empty() {
        "a persisted name has at least one character".to_owned()
    } else if text.len() > MAX_NAME_BYTES {
        format!("this name has {} bytes: the most is {MAX_NAME_BYTES}", text.len())
    } else if let Some(character) = text.chars().find(|c| c.is_control()) {
        format!("this name has the unprintable character {character:?}: take it out")
    } else {
        return true;
    };
    cx.error(name, problem);
    false
}
