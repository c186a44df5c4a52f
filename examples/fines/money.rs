//! Euros as text, cents as integers; nothing in between, so nothing is rounded.

/// Why a text is not an amount of money.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum BadMoney {
    #[error("is missing")]
    Missing,
    #[error("{0:?} is not an amount in euros such as 35.00")]
    Form(String),
    #[error("{0:?} is negative")]
    Negative(String),
    #[error("{0:?} is not a whole number of cents")]
    Fraction(String),
    #[error("{0:?} is too large")]
    TooLarge(String),
}

/// The cents of an amount such as `35`, `35.0` or `35.05`.
pub(crate) fn cents(text: &str) -> Result<i64, BadMoney> {
    let bad = |kind: fn(String) -> BadMoney| Err(kind(text.to_owned()));
    if text.is_empty() {
        return Err(BadMoney::Missing);
    }
    if text.starts_with('-') {
        return bad(BadMoney::Negative);
    }
    let (euros, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(euros) || !digits(decimals) {
        return bad(BadMoney::Form);
    }
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 2 {
        return bad(BadMoney::Fraction);
    }
    format!("{euros}{decimals:0<2}").parse().or_else(|_| bad(BadMoney::TooLarge))
}

/// Cents as euros with two decimals.
pub(crate) fn euros(cents: i64) -> String {
    let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}
