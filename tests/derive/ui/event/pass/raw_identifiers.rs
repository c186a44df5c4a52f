//! Names that are keywords.
#![deny(warnings)]
#![allow(non_camel_case_types)]

use factum::prelude::*;

#[derive(Event, Clone, Debug, PartialEq)]
enum r#enum {
    #[event("odd.try", version = 2, upcast(1 => r#fn))]
    r#try { r#struct: u32, r#match: Option<r#type> },
    #[event("odd.loop")]
    r#loop,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct r#type {
    r#use: bool,
}

fn r#fn(_: factum::upcast::Fields) -> r#enum {
    r#enum::r#try { r#struct: 1, r#match: None }
}

#[derive(Command, Serialize, Deserialize)]
#[command("odd.do")]
struct r#do {
    #[id]
    r#ref: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "odd", event = r#enum, error = std::fmt::Error, commands(r#do))]
struct r#static;

impl Apply<r#enum> for r#static {
    fn apply(&mut self, _: &r#enum) {}
}
impl Handle<r#do> for r#static {
    fn handle(&self, _: &r#do, _: &Context) -> Decision<Self> {
        emit(r#enum::r#loop)
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "odd", from(r#enum))]
struct r#impl {
    #[key]
    r#in: String,
    #[index]
    r#where: u32,
}
impl Project<r#enum> for r#impl {
    fn project(&mut self, _: &r#enum, _: &Origin) {
        self.r#where += 1;
    }
}

fn main() {
    let mut out = Vec::new();
    let event = r#enum::r#try { r#struct: 7, r#match: Some(r#type { r#use: true }) };
    event.encode(&mut out).unwrap();
    assert_eq!(out, br#"{"struct":7,"match":{"use":true}}"#);
    assert_eq!(r#enum::decode("odd.try", 2, &out).unwrap(), event);
    assert_eq!(r#enum::decode("odd.try", 1, b"{}").unwrap(), r#fn(Default::default()));
    assert_eq!(r#enum::schemas()[0].variant, "try");
    assert_eq!((r#impl::COLUMNS[0].name, r#do { r#ref: "a".into() }.id()), ("where", "a".into()));
    let _ = (r#impl::WHERE.ge(1), r#impl::IN);
}
