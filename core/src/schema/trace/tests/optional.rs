//! Which fields may be left out.

use serde::{Deserialize, Deserializer};

use super::{UUID, shown};

#[derive(Deserialize)]
struct Mixed {
    id: uuid::Uuid,
    #[serde(default)]
    count: u32,
    note: Option<String>,
    #[serde(default = "seven")]
    days: std::num::NonZeroU8,
    peer: std::net::IpAddr,
    tags: Vec<String>,
    #[serde(deserialize_with = "as_it_is")]
    given: Option<u8>,
    nothing: (),
}

fn seven() -> std::num::NonZeroU8 {
    std::num::NonZeroU8::MIN
}

fn as_it_is<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<u8>, D::Error> {
    Option::deserialize(reader)
}

#[test]
fn are_those_with_a_default_and_options() {
    assert_eq!(
        shown::<Mixed>(),
        [
            "count?: u32",
            "days?: u8 like 1",
            "given: u8 | null",
            &format!("id: {UUID}"),
            "note?: string | null",
            "nothing: null",
            r#"peer: string like "127.0.0.1""#,
            "tags: list",
            "tags[]: string",
        ]
    );
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Settings {
    depth: u8,
    name: String,
}

#[test]
fn are_all_of_a_struct_with_a_default() {
    assert_eq!(shown::<Settings>(), ["depth?: u8", "name?: string"]);
}

#[derive(Deserialize)]
struct Nested {
    first: Settings,
    pairs: Vec<(Mixed, Settings)>,
    last: Option<Mixed>,
}

#[test]
fn are_found_deep_inside() {
    let shown = shown::<Nested>();
    for line in ["first.depth?: u8", "pairs[][0].count?: u32", "pairs[][1].name?: string"] {
        assert!(shown.contains(&line.to_owned()), "{line} in {shown:?}");
    }
    for line in ["last.days?: u8 like 1", "last?: object | null", "pairs: list"] {
        assert!(shown.contains(&line.to_owned()), "{line} in {shown:?}");
    }
}

/// A text that no sample is.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Odd;

impl TryFrom<String> for Odd {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "a text that nobody thinks of" { Ok(Self) } else { Err("odd") }
    }
}

#[derive(Deserialize)]
struct Hard {
    #[serde(default)]
    before: u8,
    id: u8,
    odd: Odd,
    #[serde(default)]
    after: u8,
    #[serde(default)]
    extra: Odd,
}

impl Default for Odd {
    fn default() -> Self {
        Self
    }
}

#[test]
fn are_not_known_behind_a_field_for_which_there_is_no_sample() {
    assert_eq!(
        shown::<Hard>(),
        ["after: u8", "before?: u8", "extra: string (checked)", "id: u8", "odd: string (checked)"]
    );
}

/// A text of a kind that a sample is.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Email(String);

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('@') { Ok(Self(text)) } else { Err("no address") }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "Bounds")]
struct Span(Bounds);

#[derive(Deserialize)]
struct Bounds {
    from: Option<u8>,
    to: Option<u8>,
    names: Vec<Email>,
}

impl TryFrom<Bounds> for Span {
    type Error = &'static str;

    fn try_from(bounds: Bounds) -> Result<Self, Self::Error> {
        let is_some = bounds.from.is_some() && !bounds.names.is_empty();
        if is_some { Ok(Self(bounds)) } else { Err("no start") }
    }
}

#[derive(Deserialize)]
struct Checked {
    email: Email,
    span: Span,
    #[serde(default)]
    last: u8,
}

#[test]
fn are_found_behind_values_that_are_checked() {
    assert_eq!(
        shown::<Checked>(),
        [
            r#"email: string like "a@b.cd""#,
            "last?: u8",
            "span: object",
            "span.from?: u8 | null",
            "span.names: list",
            r#"span.names[]: string like "a@b.cd""#,
            "span.to?: u8 | null",
        ]
    );
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
enum Figure {
    Circle { radius: f64, label: String, on: bool },
    Dot,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(u8),
    Flag(bool),
}

#[derive(Deserialize)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: Settings,
}

#[derive(Deserialize)]
struct Drawing {
    figure: Figure,
    loose: Loose,
    flat: Flat,
    any: serde_json::Value,
    #[serde(default)]
    scale: f64,
    title: String,
}

#[test]
fn are_found_behind_values_whose_form_is_not_known() {
    assert_eq!(
        shown::<Drawing>(),
        ["any: any", "figure: any", "flat: any", "loose: any", "scale?: f64", "title: string",]
    );
}
