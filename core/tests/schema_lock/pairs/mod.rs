//! Pairs of real types, and what serde does with what is stored in the first: a change that the lock
//! lets pass is read.

/// Structs in one line each.
macro_rules! structs {
    ($($(#[$of:meta])* $name:ident { $($(#[$at:meta])* $field:ident: $type:ty),* })*) => {$(
        #[derive(Serialize, Deserialize)]
        $(#[$of])*
        struct $name { $($(#[$at])* $field: $type),* }
    )*};
}

mod checks;
mod enums;
mod nested;
mod objects;
mod values;

use factum_core::schema::{Description, Shape};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::app::{event, events, faults};

/// An event with one field.
#[derive(Serialize, Deserialize)]
struct It<T> {
    it: T,
}

fn app<T: DeserializeOwned>() -> Description {
    let mut event = event("account.deposited", []);
    event.fields = Shape::of::<T>();
    events([event])
}

/// What the lock finds against the change, and whether serde reads what was stored.
fn change<Before, After>(stored: &Before) -> (Vec<String>, Result<(), String>)
where
    Before: Serialize + DeserializeOwned,
    After: DeserializeOwned,
{
    let json = serde_json::to_string(stored).unwrap();
    let read = |error: serde_json::Error| format!("{json}: {error}");
    serde_json::from_str::<Before>(&json).map_err(read).unwrap();
    let after = serde_json::from_str::<After>(&json).map(drop).map_err(read);
    (faults(&app::<Before>(), &app::<After>()), after)
}

/// It passes, and what is stored is read.
#[track_caller]
fn passes<Before, After>(stored: Before)
where
    Before: Serialize + DeserializeOwned,
    After: DeserializeOwned,
{
    let (faults, read) = change::<Before, After>(&stored);
    assert!(faults.is_empty(), "{faults:#?}");
    read.unwrap();
}

/// It breaks, and what is stored is not read.
#[track_caller]
fn breaks<Before, After>(stored: Before)
where
    Before: Serialize + DeserializeOwned,
    After: DeserializeOwned,
{
    let (faults, read) = change::<Before, After>(&stored);
    assert!(read.is_err(), "it is read");
    assert!(!faults.is_empty(), "it passes");
}

/// It breaks, though this is read: other things that may be stored are not, are lost, or are unknown.
#[track_caller]
fn breaks_for_others<Before, After>(stored: Before)
where
    Before: Serialize + DeserializeOwned,
    After: DeserializeOwned,
{
    let (faults, read) = change::<Before, After>(&stored);
    read.unwrap();
    assert!(!faults.is_empty(), "it passes");
}
