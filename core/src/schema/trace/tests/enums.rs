//! Enums, tagged in all ways.

use serde::Deserialize;

use super::{UUID, shown};
use crate::schema::{Choice, Shape, Variant};

#[derive(Deserialize)]
enum Vehicle {
    Foot,
    Car(u8),
    Pair(u8, String),
    #[serde(rename = "bike", rename_all = "UPPERCASE")]
    Bike {
        gears: uuid::Uuid,
        #[serde(default, alias = "BELL")]
        horn: bool,
    },
    Unit(()),
    Maybe(Option<u8>),
    Skipped(serde::de::IgnoredAny),
    #[serde(skip)]
    Secret,
    Quiet(#[serde(skip)] u8),
}

#[test]
fn have_variants_of_all_kinds() {
    assert_eq!(
        shown::<Vehicle>(),
        [
            "(value): choice",
            "/Car: u8",
            "/Foot: unit",
            "/Maybe: u8 | null",
            "/Pair: tuple",
            "/Pair[0]: u8",
            "/Pair[1]: string",
            "/Quiet: unit",
            "/Skipped: any",
            "/Unit: null",
            "/bike: object",
            &format!("/bike.GEARS: {UUID}"),
            "/bike.HORN? (or BELL): bool",
        ]
    );
    let Shape::Choice(choice) = Shape::of::<Vehicle>() else { panic!("no choice") };
    assert_eq!(choice.name, "Vehicle");
    let names: Vec<_> = choice.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["Foot", "Car", "Pair", "bike", "Unit", "Maybe", "Skipped", "Quiet"]);
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Size {
    #[serde(alias = "tiny")]
    VerySmall,
    #[serde(other)]
    Large,
}

#[test]
fn list_the_aliases_of_variants_as_variants() {
    let _ = (Size::VerySmall, Size::Large);
    let unit = |name: &str| Variant { name: name.to_owned(), content: None };
    let variants = vec![unit("tiny"), unit("very_small"), unit("large")];
    let choice = Choice { name: "Size".to_owned(), variants };
    assert_eq!(Shape::of::<Size>(), Shape::Choice(choice));
}

#[derive(Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "lowercase")]
enum Adjacent {
    Point { x: u8 },
    Text(String),
    None,
}

#[test]
fn with_tag_and_content_are_objects() {
    assert_eq!(
        shown::<Adjacent>(),
        ["data: any", "kind: choice", "kind/none: unit", "kind/point: unit", "kind/text: unit"]
    );
    assert_eq!(shown::<(Adjacent, Vec<Adjacent>)>().len(), 14);
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    A { x: u8 },
    B,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Untagged {
    A { x: u8 },
    B(String),
}

#[derive(Deserialize)]
enum Partly {
    A(u8),
    #[serde(untagged)]
    B(String),
}

#[test]
fn that_are_read_as_anything_are_anything() {
    assert_eq!(Shape::of::<Internal>(), Shape::Any);
    assert_eq!(Shape::of::<Untagged>(), Shape::Any);
    assert_eq!(Shape::of::<Partly>(), Shape::Any);
}

#[derive(Deserialize)]
struct Address {
    town: String,
}

#[derive(Deserialize)]
enum Flat {
    Place {
        #[serde(flatten)]
        address: Address,
    },
}

#[derive(Deserialize)]
enum Never {}

#[derive(Deserialize)]
struct Holder {
    never: Never,
    #[serde(default)]
    more: u8,
}

#[test]
fn may_be_flattened_or_empty() {
    assert_eq!(shown::<Flat>(), ["(value): choice", "/Place: any"]);
    assert_eq!(shown::<Never>(), ["(value): choice"]);
    assert_eq!(shown::<Holder>(), ["more: u8", "never: choice"]);
}

#[derive(Deserialize)]
enum Hard {
    Never(Never),
    Neither(Never, u8),
    Fine(uuid::Uuid),
}

#[derive(Deserialize)]
struct Behind {
    hard: Hard,
    #[serde(default)]
    more: u8,
}

#[test]
fn are_sampled_by_the_first_variant_that_can_be() {
    assert_eq!(shown::<Behind>()[4..], ["hard/Neither[1]: any", "hard/Never: choice", "more?: u8"]);
}
