//! Values that their types look at before they take them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{It, breaks, breaks_for_others, passes};

#[derive(Serialize, Deserialize)]
#[serde(try_from = "String")]
struct Email(String);

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('@') { Ok(Self(text)) } else { Err("no address") }
    }
}

fn text() -> String {
    "text".to_owned()
}

#[test]
fn of_texts() {
    let ip = || IpAddr::from(Ipv4Addr::LOCALHOST);
    breaks::<_, It<Email>>(It { it: text() });
    breaks::<_, It<IpAddr>>(It { it: text() });
    breaks::<_, It<Option<Uuid>>>(It { it: Some(text()) });
    breaks::<_, It<Vec<Uuid>>>(It { it: vec![text()] });
    breaks::<_, It<HashMap<Uuid, u8>>>(It { it: HashMap::from([(text(), 1_u8)]) });
    breaks::<_, It<IpAddr>>(It { it: SocketAddr::new(ip(), 80) });
    breaks::<_, It<Email>>(It { it: Uuid::nil() });
    passes::<_, It<String>>(It { it: Email("a@b".to_owned()) });
    passes::<_, It<Option<Email>>>(It { it: Email("a@b".to_owned()) });
    passes::<_, It<String>>(It { it: ip() });
    passes::<_, It<HashMap<String, u8>>>(It { it: HashMap::from([(Uuid::nil(), 1_u8)]) });
    // Both take the same sample first; more is not known of them.
    passes::<_, It<IpAddr>>(It { it: Ipv4Addr::LOCALHOST });
}

#[test]
fn of_numbers() {
    let one = NonZeroU32::MIN;
    breaks::<_, It<NonZeroU32>>(It { it: 0_u32 });
    breaks::<_, It<Option<NonZeroU32>>>(It { it: Some(0_u32) });
    passes::<_, It<u32>>(It { it: one });
    passes::<_, It<NonZeroU64>>(It { it: one });
    passes::<_, It<f64>>(It { it: one });
    breaks_for_others::<_, It<NonZeroU32>>(It { it: NonZeroU64::MIN });
}

#[derive(Serialize, Deserialize)]
struct Lasting {
    secs: u64,
    nanos: u32,
}

#[test]
fn of_structs_of_the_standard_library() {
    passes::<_, It<Lasting>>(It { it: Duration::from_secs(1) });
    breaks_for_others::<_, It<Duration>>(It { it: Lasting { secs: 1, nanos: 2 } });
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &u32, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(&format!("{number:x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<u32, D::Error> {
        let text = String::deserialize(reader)?;
        u32::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
struct Hex {
    #[serde(with = "hex")]
    it: u32,
}

#[test]
fn of_fields_with_a_reader_of_their_own() {
    breaks::<_, Hex>(It { it: 255_u32 });
    breaks::<_, Hex>(It { it: "xyz".to_owned() });
    breaks::<_, It<u32>>(Hex { it: 255 });
    passes::<_, It<String>>(Hex { it: 255 });
}
