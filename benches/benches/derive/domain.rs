//! The crate that is checked: ten contexts of ten events, six commands, an aggregate and a
//! projection each. The files in `domain/` are one of them; the others are it under other names.

const TYPES: &str = include_str!("domain/types.rs");
const FOLDS: &str = include_str!("domain/folds.rs");
const HANDLERS: &str = include_str!("domain/handlers.rs");
const BY_HAND: &str = include_str!("domain/by_hand.rs");

const CONTEXTS: [&str; 10] = [
    "Account", "Booking", "Course", "Delivery", "Invoice", "Member", "Order", "Parcel", "Tenancy",
    "Ticket",
];

/// The attributes in the types that are for our derives.
const FOR_DERIVES: [&str; 7] =
    ["#[event(", "#[command(", "#[aggregate(", "#[projection(", "#[id]", "#[key]", "#[index]"];

/// How a crate gets its impls.
#[derive(Clone, Copy)]
pub(crate) enum Variant {
    /// By the derives.
    Derived,
    /// Written by hand against the public traits, serde's derives beside them.
    ByHand,
    /// It has none: its types, serde's derives on them, and the functions that need no more.
    SerdeAlone,
}

impl Variant {
    pub(crate) const ALL: [Self; 3] = [Self::Derived, Self::ByHand, Self::SerdeAlone];

    /// The name of the crate.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Derived => "derived",
            Self::ByHand => "by-hand",
            Self::SerdeAlone => "serde-alone",
        }
    }

    /// The whole crate, in one file.
    pub(crate) fn source(self) -> String {
        let context = match self {
            Self::Derived => [TYPES, FOLDS, HANDLERS].join("\n"),
            Self::ByHand => {
                let types = without_derives("#[derive(Serialize)]\n#[serde(untagged)]\n#[derive(");
                [&types, FOLDS, HANDLERS, BY_HAND].join("\n")
            }
            Self::SerdeAlone => {
                let types = without_derives("#[derive(Serialize, Deserialize, ");
                [&types, FOLDS].join("\n")
            }
        };
        let modules = CONTEXTS.map(|name| module(name, &context));
        format!("#![deny(warnings)]\n{}", modules.concat())
    }
}

/// The context of the files under another name.
fn module(name: &str, context: &str) -> String {
    let lower = name.to_lowercase();
    let context = context.replace("Account", name).replace("account", &lower);
    format!("pub mod {lower} {{\n{context}\n}}\n")
}

/// The types without what is for our derives, and with this where the derives of the events begin.
fn without_derives(events: &str) -> String {
    let types = TYPES.replace("#[derive(Event, ", events);
    let types = ["Id", "Command", "Aggregate", "Projection"]
        .iter()
        .fold(types, |types, derive| types.replace(&format!("#[derive({derive}, "), "#[derive("));
    let mut inside = false;
    let lines = types.lines().filter(|line| {
        inside |= FOR_DERIVES.iter().any(|start| line.trim().starts_with(start));
        let kept = !inside;
        inside &= !line.ends_with(']');
        kept
    });
    lines.collect::<Vec<_>>().join("\n")
}
