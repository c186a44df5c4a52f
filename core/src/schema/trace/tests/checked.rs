//! Simple values that are not taken as they come.

use serde::{Deserialize, Deserializer};

use super::{kind, shown};

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Code;

impl TryFrom<String> for Code {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_code = text.len() == 3 && text.chars().all(|c| c.is_ascii_uppercase());
        if is_code { Ok(Self) } else { Err("no code") }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "f64")]
struct Share;

impl TryFrom<f64> for Share {
    type Error = &'static str;

    fn try_from(share: f64) -> Result<Self, Self::Error> {
        if share > 0.0 && share < 1.0 { Ok(Self) } else { Err("no share") }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "bool")]
struct Accepted;

impl TryFrom<bool> for Accepted {
    type Error = &'static str;

    fn try_from(accepted: bool) -> Result<Self, Self::Error> {
        if accepted { Ok(Self) } else { Err("not accepted") }
    }
}

#[derive(Deserialize)]
#[serde(from = "u8")]
struct Wide;

impl From<u8> for Wide {
    fn from(_: u8) -> Self {
        Self
    }
}

#[test]
fn have_the_first_sample_that_they_take() {
    assert_eq!(kind::<Code>(), r#"string like "EUR""#);
    assert_eq!(kind::<Share>(), "f64 like 0.5");
    assert_eq!(kind::<Accepted>(), "bool like true");
    assert_eq!(kind::<Wide>(), "u8");
}

/// Takes what it takes wherever it stands.
#[derive(Deserialize)]
enum Places {
    One(Code),
    Two(u8, Code),
    Named { code: Code, maybe: Option<Code>, many: Vec<Option<Code>> },
    Keys(std::collections::BTreeMap<std::num::NonZeroU8, Code>),
}

#[test]
fn are_told_at_every_place() {
    let shown = shown::<Places>();
    let code = r#"string like "EUR""#;
    for line in [
        format!("/One: {code}"),
        format!("/Two[1]: {code}"),
        format!("/Named.code: {code}"),
        format!("/Named.maybe?: {code} | null"),
        format!("/Named.many[]: {code} | null"),
        "/Keys: map by u8 like 1".to_owned(),
        format!("/Keys{{}}: {code}"),
    ] {
        assert!(shown.contains(&line), "{line} in {shown:#?}");
    }
}

/// Panics for short texts.
struct Hasty;

impl<'de> Deserialize<'de> for Hasty {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = String::deserialize(reader)?;
        assert!(text.len() > 100, "this is part of a test");
        Ok(Self)
    }
}

#[test]
fn may_have_none() {
    assert_eq!(kind::<Hasty>(), "string (checked)");
}
