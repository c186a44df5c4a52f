//! Whatever stands in the attributes and the body of an item, no derive panics.

use std::fmt::Write as _;

use syn::DeriveInput;

use crate::{derive, expand, model};

/// Of these an attribute's content is drawn. Parentheses come in pairs: what is not balanced never
/// reaches a derive.
const WORDS: &[&str] = &[
    "name",
    "event",
    "error",
    "commands",
    "snapshot",
    "every",
    "from",
    "by",
    "keys",
    "id",
    "x",
    "starts",
    "sends",
    "calls",
    "answers",
    "version",
    "was",
    "upcast",
    "newer",
    "skip",
    "crate",
    "nmae",
    "evnet",
    "colour",
    "self",
    "Self",
    "r#type",
    "_",
    "=",
    "=",
    "=",
    ",",
    ",",
    ",",
    "::",
    "<",
    ">",
    "'a",
    "\"\"",
    "\"account\"",
    "\"account.opened\"",
    "\"a-b\"",
    "b\"x\"",
    "0",
    "1",
    "200",
    "-1",
    "18446744073709551616",
    "1.5",
    "'x'",
    "Open",
    "AccountEvent",
    "crate::Open",
    "Vec<Open, Close>",
    "()",
    "[]",
    "{}",
    "(Open, Deposit)",
    "(every = 200)",
    "(every)",
    "(,)",
    "(A by)",
    "(A::B, a::A::B, B)",
    "(A::)",
    "=>",
    "(1 => f)",
    "(1 => f, 2 => a::b)",
    "(7 => f, 1 =>, 18446744073709551616 => f)",
    "(default, rename = \"x\")",
    "4294967295",
    "(A by f, B)",
    "#",
    "!",
    "&",
    ";",
    "é",
];
const ATTRIBUTES: &[&str] = &[
    "event",
    "command",
    "aggregate",
    "projection",
    "saga",
    "key",
    "index",
    "id",
    "tag",
    "serde",
    "other",
];
const BODIES: &[&str] = &[
    "struct A { X x: String, X r#type: Vec<Self>, X X: u8 }",
    "struct A<T: Copy> where T: Ord { X é: T }",
    "struct A<'a>(X &'a str);",
    "struct A(X String, X u64);",
    "struct A { }",
    "struct A;",
    "enum A { }",
    "enum A { X Opened { X r#in: u64, Y: [u8; 3] }, X Closed, X Sold(X u64) = 7 }",
    "enum A<const N: usize> { X B { X c: [u8; N] } }",
    "union A { X a: u8, X b: u8 }",
];

/// A small generator of numbers (SplitMix64): the same soup in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    fn of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len())]
    }

    fn attributes(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.below(3) {
            let name = self.of(ATTRIBUTES);
            match self.below(8) {
                0 => write!(text, "#[{name}] ").unwrap(),
                1 => write!(text, "#[{name} = \"account\"] ").unwrap(),
                _ => {
                    let words: Vec<_> = (0..self.below(12)).map(|_| self.of(WORDS)).collect();
                    write!(text, "#[{name}({})] ", words.join(" ")).unwrap();
                }
            }
        }
        text
    }

    fn item(&mut self) -> String {
        let body = self.of(BODIES);
        let mut text = self.attributes();
        let mut parts = body.split("X ");
        text.push_str(parts.next().unwrap());
        for part in parts {
            text.push_str(&self.attributes());
            text.push_str(part);
        }
        text
    }
}

#[test]
fn no_derive_panics() {
    let mut draw = Draw(7);
    let mut parsed = 0;
    for _ in 0..3_000 {
        let text = draw.item();
        let Ok(item) = syn::parse_str::<DeriveInput>(&text) else { continue };
        parsed += 1;
        let outputs = [
            derive(&item, model::event::Event::parse, expand::event::expand),
            derive(&item, model::command::Command::parse, expand::command::expand),
            derive(&item, model::aggregate::Aggregate::parse, expand::aggregate::expand),
            derive(&item, model::projection::Projection::parse, expand::projection::expand),
            derive(&item, model::saga::Saga::parse, expand::saga::expand),
            derive(&item, model::id::Id::parse, expand::id::expand),
        ];
        for output in outputs {
            // What is put out is always whole items: an error never breaks the rest of the file.
            syn::parse2::<syn::File>(output).unwrap_or_else(|error| panic!("{error}: {text}"));
        }
    }
    assert!(parsed > 1_500, "only {parsed} items could be parsed");
}
