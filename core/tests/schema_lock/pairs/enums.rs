//! Enums, tagged in all ways.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{It, breaks, breaks_for_others, passes};

/// Enums in one line each.
macro_rules! enums {
    ($($(#[$of:meta])* $name:ident { $($variants:tt)* })*) => {$(
        #[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(dead_code, reason = "only their forms are looked at")]
        $(#[$of])*
        enum $name { $($variants)* }
    )*};
}

enums! {
    Kind { Car, Bike }
    More { Car, Bike, Bus }
    Less { Car }
    Renamed { Car, #[serde(alias = "Bike")] Bicycle }
    Other { Car, #[serde(other)] Rest }
    Lower { #[serde(rename = "car")] Car, Bike }
    Full { Car { doors: u8 }, Bike(u8), Bus }
    Wider { Car { doors: u16, #[serde(default)] seats: u8 }, Bike(u16), Bus }
    Narrower { Car { doors: u8, seats: u8 }, Bike(u8), Bus }
    Unit { Car, Bike(u8), Bus }
    #[serde(tag = "type")]
    Internal { Car { doors: u8 }, Bus }
    #[serde(tag = "type")]
    InternalMore { Car { doors: u16 }, Bus, Bike }
    #[serde(tag = "type", content = "of")]
    Adjacent { Car { doors: u8 }, Bus }
    #[serde(tag = "type", content = "of")]
    AdjacentMore { Car { doors: u16 }, Bus, Bike }
    #[serde(tag = "type", content = "of")]
    AdjacentLess { Car { doors: u8 } }
    #[serde(untagged)]
    Untagged { Car { doors: u8 }, Bike(u8) }
    #[serde(deny_unknown_fields)]
    Strict { Car { doors: u8 }, Bike(u8), Bus }
}

fn car() -> Full {
    Full::Car { doors: 3 }
}

#[test]
fn variants_come_go_and_are_renamed() {
    passes::<_, It<More>>(It { it: Kind::Bike });
    passes::<_, It<Renamed>>(It { it: Kind::Bike });
    passes::<_, It<String>>(It { it: Kind::Bike });
    breaks::<_, It<Kind>>(It { it: "Plane".to_owned() });
    breaks::<_, It<Less>>(It { it: Kind::Bike });
    breaks::<_, It<Lower>>(It { it: Kind::Car });
    breaks_for_others::<_, It<Other>>(It { it: Kind::Bike });
}

#[test]
fn variants_have_content() {
    passes::<_, It<Wider>>(It { it: car() });
    passes::<_, It<Wider>>(It { it: Full::Bike(7) });
    breaks::<_, It<Narrower>>(It { it: car() });
    breaks::<_, It<Unit>>(It { it: car() });
    breaks::<_, It<Full>>(It { it: Unit::Car });
    breaks::<_, It<String>>(It { it: car() });
    passes::<_, It<Full>>(It { it: Strict::Car { doors: 3 } });
    breaks_for_others::<_, It<Strict>>(It { it: car() });
}

#[test]
fn tags_come_and_go() {
    breaks::<_, It<Internal>>(It { it: car() });
    breaks::<_, It<Adjacent>>(It { it: car() });
    breaks::<_, It<Untagged>>(It { it: car() });
    breaks::<_, It<Full>>(It { it: Internal::Bus });
    breaks::<_, It<Internal>>(It { it: Adjacent::Car { doors: 3 } });
    passes::<_, It<InternalMore>>(It { it: Internal::Car { doors: 3 } });
    passes::<_, It<AdjacentMore>>(It { it: Adjacent::Car { doors: 3 } });
    breaks::<_, It<AdjacentLess>>(It { it: Adjacent::Bus });
}

#[test]
fn keys_are_variants() {
    let prices = || It { it: BTreeMap::from([(Kind::Bike, 7_u8)]) };
    passes::<_, It<BTreeMap<More, u16>>>(prices());
    passes::<_, It<BTreeMap<String, u8>>>(prices());
    breaks::<_, It<BTreeMap<Less, u8>>>(prices());
    breaks::<_, It<BTreeMap<u8, u8>>>(prices());
}

#[test]
fn results() {
    let good: Result<u8, String> = Ok(7);
    passes::<_, It<Result<u16, String>>>(It { it: good.clone() });
    breaks::<_, It<Result<String, String>>>(It { it: good });
}
