//! Events that several consumers look at.
//!
//! *Problem.* A hundred consumers of one event would decode it a hundred times. *Invariant.* What is
//! kept is what [`decode`](super::decode) gives, an error included; each enum makes of an event what
//! it makes of it, once. *Shape.* [`Decoded`] has the forms of a run of events, a list for each enum
//! that was asked for; [`Seen`] is one of the events, with its place there.

use std::any::Any;
use std::fmt;
use std::sync::OnceLock;

use super::{BadEvent, decode};
use crate::Event;
use crate::store::Recorded;

/// The decoded forms of a run of events: each is made by the first who needs it, and kept as long as
/// this is.
#[derive(Default)]
pub struct Decoded {
    events: usize,
    first: OnceLock<Box<ByEnum>>,
}

/// The forms that one enum gives, and those of the next enum.
struct ByEnum {
    forms: Box<dyn Any + Send + Sync>,
    next: OnceLock<Box<ByEnum>>,
}

type Forms<E> = Box<[OnceLock<Result<E, Box<BadEvent>>>]>;

impl Decoded {
    /// Room for the forms of so many events. It takes memory only once they are asked for.
    pub const fn new(events: usize) -> Self {
        Self { events, first: OnceLock::new() }
    }

    fn forms<E: Event>(&self) -> &Forms<E> {
        let mut place = &self.first;
        loop {
            let by_enum = place.get_or_init(|| Box::new(ByEnum::new::<E>(self.events)));
            if let Some(forms) = by_enum.forms.downcast_ref() {
                return forms;
            }
            place = &by_enum.next;
        }
    }
}

impl ByEnum {
    fn new<E: Event>(events: usize) -> Self {
        let forms: Forms<E> = (0..events).map(|_| OnceLock::new()).collect();
        Self { forms: Box::new(forms), next: OnceLock::new() }
    }
}

impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").field("events", &self.events).finish_non_exhaustive()
    }
}

/// A stored event as a consumer sees it, alone or with others.
///
/// ```
/// # use factum_core::codec::{Decoded, Seen};
/// # use factum_core::{Event, store::Recorded};
/// # fn f<E: Event + std::fmt::Debug>(events: &[Recorded]) -> Result<(), factum_core::codec::BadEvent> {
/// let decoded = Decoded::new(events.len());
/// for (at, recorded) in events.iter().enumerate() {
///     let seen = Seen::shared(recorded, &decoded, at);
///     seen.with(|event: &E| println!("{event:?}"))?;
///     seen.with(|event: &E| println!("{event:?}, decoded once"))?;
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    recorded: &'a Recorded,
    kept: Option<(&'a Decoded, usize)>,
}

impl<'a> Seen<'a> {
    /// An event that nobody else looks at: what is decoded of it is not kept.
    pub const fn alone(recorded: &'a Recorded) -> Self {
        Self { recorded, kept: None }
    }

    /// An event that others look at as well, and its place in the run whose forms are kept.
    pub const fn shared(recorded: &'a Recorded, decoded: &'a Decoded, at: usize) -> Self {
        Self { recorded, kept: Some((decoded, at)) }
    }

    /// The event as it is stored.
    pub const fn recorded(&self) -> &'a Recorded {
        self.recorded
    }

    /// Looks at the event as one of the enum.
    ///
    /// # Errors
    /// [`BadEvent`] if it cannot be decoded, the same for each who asks.
    pub fn with<E: Event, R>(&self, look: impl FnOnce(&E) -> R) -> Result<R, BadEvent> {
        let place = self.kept.and_then(|(decoded, at)| decoded.forms::<E>().get(at));
        let Some(place) = place else { return Ok(look(&decode(self.recorded)?)) };
        match place.get_or_init(|| decode(self.recorded).map_err(Box::new)) {
            Ok(event) => Ok(look(event)),
            Err(bad) => Err(BadEvent::clone(bad)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::codec::{DecodeError, EncodeError};
    use crate::store::{LogId, Metadata, Position, Stamp};
    use crate::{EventName, EventType, Key, Origin, StreamName, Tags};

    static DECODED: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

    /// Two enums of one context.
    #[derive(Debug, PartialEq)]
    struct Lit<const ENUM: usize>(u8);

    impl<const ENUM: usize> Event for Lit<ENUM> {
        const TYPES: &'static [EventType] = &[EventType { name: "lamp.lit", version: 1 }];
        fn event_type(&self) -> EventType {
            Self::TYPES[0]
        }
        fn encode(&self, _: &mut Vec<u8>) -> Result<(), EncodeError> {
            Ok(())
        }
        fn decode(_: &str, _: u32, payload: &[u8]) -> Result<Self, DecodeError> {
            DECODED[ENUM].fetch_add(1, Ordering::Relaxed);
            match payload {
                [0] => Err(DecodeError::Payload("dark".to_owned())),
                [watts] => Ok(Self(*watts)),
                _ => panic!("too bright"),
            }
        }
    }

    fn recorded(payload: &'static [u8]) -> Recorded {
        let at = Origin {
            log: LogId::from_bytes([0; 16]),
            position: Position::new(1),
            stream: StreamName::new("lamp-hall").unwrap(),
            revision: 0,
            key: Key::from_bytes([0; 16]),
            index: 0,
            stamp: Stamp::new(0),
            tags: Tags::none(),
            meta: Metadata::default(),
        };
        let name = EventName::fixed("lamp.lit");
        Recorded { at, name, version: 1, payload: payload.into() }
    }

    #[test]
    fn each_enum_decodes_an_event_once_and_keeps_what_comes_of_it() {
        let events = [recorded(&[7]), recorded(&[0]), recorded(&[1, 2])];
        let decoded = Decoded::new(events.len());
        for _ in 0..3 {
            let seen = Seen::shared(&events[0], &decoded, 0);
            assert_eq!(seen.with(|event: &Lit<0>| event.0), Ok(7));
            assert_eq!(seen.with(|event: &Lit<1>| event.0), Ok(7));
            let bad = Seen::shared(&events[1], &decoded, 1).with(|event: &Lit<0>| event.0);
            assert_eq!(bad.unwrap_err().problem, DecodeError::Payload("dark".to_owned()));
        }
        let count = |at: usize| DECODED[at].load(Ordering::Relaxed);
        assert_eq!((count(0), count(1)), (2, 1));

        // A panic reaches each who asks, and spoils nothing.
        for _ in 0..2 {
            let broken = Seen::shared(&events[2], &decoded, 2);
            let look = AssertUnwindSafe(|| broken.with(|event: &Lit<0>| event.0));
            catch_unwind(look).unwrap_err();
        }
        assert_eq!(count(0), 4);
        assert_eq!(Seen::alone(&events[0]).with(|event: &Lit<0>| event.0), Ok(7));
        assert_eq!(count(0), 5);
    }
}
