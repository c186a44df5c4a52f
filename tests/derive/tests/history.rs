//! The history of an event's form: versions, old names, upcasters, and newer forms that are skipped.
#![deny(warnings, clippy::pedantic)]

use factum::codec::{self, DecodeError};
use factum::event::{self, Newer};
use factum::prelude::*;
use factum::schema::{EventSchema, Integer, Shape};
use factum::store::{LogId, Metadata, Recorded, Stamp};
use factum::upcast::Fields;
use factum::{EventName, Key, Position, StreamName, Tags};

#[derive(Event, Clone, Debug, PartialEq)]
enum ShopEvent {
    /// Somebody bought something.
    #[event("shop.sold", version = 4, was = "till.sale", was = "shop.sale",
            upcast(3 => cents_from_v3, 1 => currency_from_v1, 2 => split_from_v2))]
    Sold {
        /// How much of it.
        cents: u64,
        currency: String,
        note: Option<String>,
    },
    #[event("shop.closed", version = 2, upcast(1 => closed_from_v1))]
    Closed,
    /// Nothing is decided on it.
    #[event("shop.visited", newer = skip, was = "shop.seen")]
    Visited { visitors: u32 },
    #[event("shop.opened", newer = fail)]
    Opened { r#type: String },
}
use ShopEvent::*;

fn currency_from_v1(mut old: Fields) -> Fields {
    old.insert("currency", "EUR");
    old
}

#[derive(Deserialize)]
struct SoldV2 {
    amount: String,
    currency: String,
}

struct Amount {
    euros: u64,
    cents: u64,
    currency: String,
}

fn split_from_v2(old: SoldV2) -> Fields {
    let (euros, cents) = old.amount.split_once('.').unwrap_or((&old.amount, "0"));
    let mut new = Fields::default();
    new.insert("euros", euros.parse::<u64>().unwrap_or(0));
    new.insert("cents", cents.parse::<u64>().unwrap_or(0));
    new.insert("currency", old.currency);
    new
}

#[derive(Deserialize)]
struct SoldV3 {
    euros: u64,
    cents: u64,
    currency: String,
}

fn cents_from_v3(old: SoldV3) -> ShopEvent {
    let Amount { euros, cents, currency } =
        Amount { euros: old.euros, cents: old.cents, currency: old.currency };
    Sold { cents: euros * 100 + cents, currency, note: None }
}

fn closed_from_v1(_: Fields) -> Fields {
    Fields::default()
}

fn sold(cents: u64, currency: &str) -> ShopEvent {
    Sold { cents, currency: currency.into(), note: None }
}

fn read(name: &str, version: u32, payload: &str) -> Result<ShopEvent, DecodeError> {
    ShopEvent::decode(name, version, payload.as_bytes())
}

#[test]
fn each_version_leads_to_today() {
    for (version, payload, event) in [
        (1, r#"{"amount":"3.50"}"#, sold(350, "EUR")),
        (2, r#"{"amount":"3.50","currency":"USD"}"#, sold(350, "USD")),
        (3, r#"{"euros":3,"cents":50,"currency":"USD"}"#, sold(350, "USD")),
        (4, r#"{"cents":350,"currency":"USD"}"#, sold(350, "USD")),
    ] {
        for name in ["shop.sold", "till.sale", "shop.sale"] {
            assert_eq!(read(name, version, payload), Ok(event.clone()), "{name} {version}");
        }
    }
    assert_eq!(read("shop.closed", 1, r#"{"by":"me"}"#), Ok(Closed));
}

#[test]
fn todays_form_is_what_is_written() {
    assert_eq!(sold(1, "EUR").event_type(), ShopEvent::TYPES[0]);
    assert_eq!((ShopEvent::TYPES[0].name, ShopEvent::TYPES[0].version), ("shop.sold", 4));
    assert_eq!(Opened { r#type: "new".into() }.event_type().version, 1);
}

#[test]
fn an_old_form_that_does_not_fit_is_an_error() {
    for (version, payload) in [
        (1, "[]"),
        (1, r#"{"price":1}"#),
        (2, r#"{"amount":3,"currency":"USD"}"#),
        (3, r#"{"euros":-3,"cents":50,"currency":"USD"}"#),
    ] {
        let error = read("shop.sold", version, payload).unwrap_err();
        assert!(matches!(error, DecodeError::Payload(_)), "{payload} {error}");
    }
    for (name, version) in [("shop.sold", 5), ("till.sale", 5), ("shop.sold", 0)] {
        let error = read(name, version, "{}").unwrap_err();
        assert!(matches!(error, DecodeError::UnknownVersion { .. }), "{name} {error}");
    }
}

#[test]
fn old_names_bring_their_contexts() {
    assert_eq!(event::contexts::<ShopEvent>(), ["shop", "till"]);
    let was =
        [("till.sale", "shop.sold"), ("shop.sale", "shop.sold"), ("shop.seen", "shop.visited")];
    assert_eq!(ShopEvent::WAS, was);
}

fn recorded(name: &'static str, version: u32, payload: &'static str) -> Recorded {
    let at = Origin {
        log: LogId::from_bytes([1; 16]),
        position: Position::new(1),
        stream: StreamName::of("shop", "7").unwrap(),
        revision: 0,
        key: Key::from_bytes([7; 16]),
        index: 0,
        stamp: Stamp::default(),
        tags: Tags::none(),
        meta: Metadata::default(),
    };
    let payload = payload.as_bytes().to_vec().into();
    Recorded { at, name: EventName::fixed(name), version, payload }
}

#[test]
fn a_newer_form_is_skipped_and_counted_where_the_event_says_so() {
    let counted = || {
        let skipped = codec::skipped().into_iter();
        let mine = skipped.filter(|s| s.event.ends_with("::ShopEvent"));
        mine.map(|s| (s.name, s.version, s.times)).collect::<Vec<_>>()
    };
    let visited =
        |version| codec::decode_or_skip::<ShopEvent>(&recorded("shop.visited", version, "{}"));
    assert_eq!(visited(2), Ok(None));
    assert_eq!(visited(2), Ok(None));
    let seen = codec::decode_or_skip::<ShopEvent>(&recorded("shop.seen", 3, "no JSON, perhaps"));
    assert_eq!(seen, Ok(None));
    assert_eq!(counted(), [("shop.seen".into(), 3, 1), ("shop.visited".into(), 2, 2)]);

    // What is not asked to be left out is an error all the same: a view would lack it for good.
    assert!(codec::decode::<ShopEvent>(&recorded("shop.visited", 2, "{}")).is_err());
    // What is broken is not newer, and other events say nothing of the kind.
    assert!(visited(1).is_err());
    assert!(visited(0).is_err());
    assert!(codec::decode_or_skip::<ShopEvent>(&recorded("shop.opened", 2, "{}")).is_err());
    assert!(codec::decode_or_skip::<ShopEvent>(&recorded("shop.moved", 1, "{}")).is_err());
    assert_eq!(counted().len(), 2);
}

#[test]
fn the_history_is_described() {
    let schemas = ShopEvent::schemas();
    let [sold, closed, visited, opened]: [EventSchema; 4] = schemas.try_into().unwrap();
    assert_eq!((sold.name, sold.version, sold.variant), ("shop.sold", 4, "Sold"));
    assert_eq!(sold.was, ["till.sale", "shop.sale"]);
    assert_eq!(sold.docs.item, "Somebody bought something.");
    assert_eq!(sold.docs.field("cents"), "How much of it.");
    let fields = lines(&sold.fields);
    assert_eq!(fields, ["cents: u64", "currency: string", "note?: string | null"]);
    let past: Vec<_> = sold.past.iter().map(|past| (past.version, past.fields.clone())).collect();
    assert_eq!(past[0], (1, None));
    let third = lines(past[2].1.as_ref().unwrap());
    assert_eq!(
        (past[2].0, third),
        (3, ["cents: u64", "currency: string", "euros: u64"].map(String::from).to_vec())
    );

    assert_eq!(lines(&closed.fields), Vec::<String>::new());
    assert_eq!((visited.newer, opened.newer), (Newer::Skip, Newer::Fail));
    let Shape::Object(fields) = visited.fields else { panic!("{visited:?}") };
    assert_eq!(fields.fields[0].shape, Shape::Integer(Integer::U32));
    assert_eq!(lines(&opened.fields), ["type: string"]);
}

fn lines(shape: &Shape) -> Vec<String> {
    shape.lines().iter().map(ToString::to_string).collect()
}
