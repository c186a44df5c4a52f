//! Structs, and what attributes make of their fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{It, breaks, breaks_for_others, passes};

structs! {
    Guest { name: String, age: u8 }
    Older { name: String, age: u16 }
    Named { name: String }
    Noted { name: String, age: u8, note: Option<String> }
    Counted { name: String, age: u8, #[serde(default)] count: u8 }
    Needed { name: String, age: u8, count: u8 }
    Renamed { #[serde(alias = "name")] full_name: String, age: u8 }
    RenamedAway { full_name: String, age: u8 }
    #[serde(rename_all = "camelCase")]
    Camel { #[serde(alias = "full_name")] full_name: String, age: u8 }
    Merged { #[serde(alias = "age")] name: String }
    #[serde(default)]
    #[derive(Default)]
    Forgiving { name: String, age: u8, count: u8 }
    Short { #[serde(skip_serializing_if = "Option::is_none")] it: Option<u8> }
    Defaulted { #[serde(default)] it: u8 }
}

fn guest() -> Guest {
    Guest { name: "Ada".to_owned(), age: 36 }
}

#[test]
fn fields_come_go_and_are_renamed() {
    passes::<_, Older>(guest());
    passes::<_, Noted>(guest());
    passes::<_, Counted>(guest());
    passes::<_, Forgiving>(guest());
    breaks::<_, Needed>(guest());
    passes::<_, Renamed>(guest());
    breaks::<_, RenamedAway>(guest());
    passes::<_, Camel>(RenamedAway { full_name: "Ada".to_owned(), age: 36 });
    breaks::<_, Merged>(guest());
    // What they say would be lost.
    breaks_for_others::<_, Named>(guest());
    breaks_for_others::<_, BTreeMap<String, u8>>(It { it: 7_u8 });
}

#[test]
fn what_may_be_left_out() {
    passes::<_, Short>(Short { it: None });
    breaks::<_, It<u8>>(Short { it: None });
    passes::<_, It<Option<u8>>>(Short { it: None });
    breaks::<_, Defaulted>(It { it: None::<u8> });
    passes::<_, Defaulted>(It { it: 7_u8 });
    breaks_for_others::<_, It<u8>>(Defaulted { it: 7 });
}

structs! {
    #[serde(deny_unknown_fields)]
    Strict { name: String }
    #[serde(deny_unknown_fields)]
    StrictGuest { name: String, age: u8 }
    Half { name: String, #[serde(skip_deserializing)] age: u8 }
    Town { town: String }
    Flat { name: String, age: u8, #[serde(flatten)] home: Option<Town> }
    FlatRenamed { full_name: String, age: u8, #[serde(flatten)] home: Option<Town> }
}

#[test]
fn other_fields_are_refused() {
    breaks::<_, Strict>(guest());
    passes::<_, Guest>(StrictGuest { name: "Ada".to_owned(), age: 36 });
    // A field that is written and not read is not locked.
    breaks::<_, Strict>(Half { name: "Ada".to_owned(), age: 36 });
    breaks_for_others::<_, StrictGuest>(guest());
}

#[test]
fn fields_are_flattened() {
    breaks::<_, FlatRenamed>(guest());
    breaks_for_others::<_, Flat>(guest());
    let flat = || Flat { name: "Ada".to_owned(), age: 36, home: None };
    passes::<_, Flat>(flat());
    breaks_for_others::<_, Guest>(flat());
}

#[derive(Serialize, Deserialize)]
struct Nothing;

#[derive(Serialize, Deserialize)]
struct Empty {}

#[derive(Serialize, Deserialize)]
struct Meters(f64);

#[test]
fn structs_without_fields_and_newtypes() {
    // `null` is no `{}` to serde_json.
    breaks::<_, It<Empty>>(It { it: Nothing });
    breaks::<_, It<Nothing>>(It { it: Empty {} });
    passes::<_, It<()>>(It { it: Nothing });
    passes::<_, It<Defaulted>>(It { it: Empty {} });
    passes::<_, It<Meters>>(It { it: 1.5_f64 });
    passes::<_, It<f64>>(It { it: Meters(1.5) });
    passes::<_, It<Box<Meters>>>(It { it: Meters(1.5) });
}
