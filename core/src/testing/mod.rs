//! The test kit: given some events, when a command comes, then these events follow.
//!
//! *Problem.* Domain code is tested a thousand times a day: the test has to read like the rule, run
//! without a runtime, and say on failure what differs.
//!
//! *Invariant.* A test runs what production runs: the decision that `commands(…)` wrote, the fold of
//! the aggregate, the sources of the projection, the instance of the saga. Every event goes through its
//! codec and every row through its JSON on the way, so what does not survive being stored fails the
//! test.
//!
//! *Shape.* [`given`] begins the test of an aggregate, [`projected`] that of a projection, [`saga()`]
//! that of a saga. Time and ids are fixed unless the test sets them. What does not hold panics at the
//! line of the test, with a line diff of expected and actual.
//!
//! ```
//! # use std::borrow::Cow;
//! # use factum_core::codec::{self, DecodeError, EncodeError};
//! # use factum_core::{Aggregate, Command, Commands, Context, Decision, Event, EventType};
//! # use factum_core::{Handle, SentTo, emit, require};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Clone, Debug, PartialEq)]
//! # enum LampEvent { Lit { watts: u32 } }
//! # use LampEvent::Lit;
//! # impl Event for LampEvent {
//! #     const TYPES: &'static [EventType] = &[EventType { name: "lamp.lit", version: 1 }];
//! #     fn event_type(&self) -> EventType { Self::TYPES[0] }
//! #     fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
//! #         let Lit { watts } = self;
//! #         codec::write_json(&std::collections::BTreeMap::from([("watts", watts)]), out)
//! #     }
//! #     fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
//! #         if name != "lamp.lit" { return Err(DecodeError::unknown::<Self>(name, version)); }
//! #         let fields: std::collections::BTreeMap<String, u32> = codec::read_json(payload)?;
//! #         Ok(Lit { watts: fields["watts"] })
//! #     }
//! # }
//! # #[derive(Serialize, Deserialize)]
//! # struct Light { lamp: String, watts: u32 }
//! # impl Command for Light {
//! #     const NAME: &'static str = "lamp.light";
//! #     const SHAPE: u32 = 1;
//! #     fn id(&self) -> Cow<'_, str> { Cow::Borrowed(&self.lamp) }
//! #     fn form() -> codec::Form<Self> { codec::Form::serde() }
//! # }
//! # #[derive(Debug, PartialEq, thiserror::Error)]
//! # #[error("it is lit")]
//! # struct IsLit;
//! # #[derive(Default)]
//! # struct Lamp { lit: bool }
//! # impl Aggregate for Lamp {
//! #     const NAME: &'static str = "lamp";
//! #     type Event = LampEvent;
//! #     type Error = IsLit;
//! #     fn empty() -> Self { Self::default() }
//! #     fn fold(&mut self, _: &LampEvent) { self.lit = true; }
//! #     fn commands(list: &mut Commands<Self>) { list.add::<Light>(); }
//! # }
//! # impl SentTo<Lamp> for Light {
//! #     fn decide(&self, state: &Lamp, ctx: &Context) -> Decision<Lamp> { state.handle(self, ctx) }
//! # }
//! # impl Handle<Light> for Lamp {
//! #     fn handle(&self, cmd: &Light, _: &Context) -> Decision<Self> {
//! #         require!(!self.lit, IsLit);
//! #         emit(Lit { watts: cmd.watts })
//! #     }
//! # }
//! use factum_core::testing::given;
//!
//! given::<Lamp>([])
//!     .when(Light { lamp: "hall".into(), watts: 9 })
//!     .then([Lit { watts: 9 }])
//!     .then_state(|lamp| assert!(lamp.lit))
//!     .when(Light { lamp: "hall".into(), watts: 9 })
//!     .then_rejected(IsLit);
//! ```
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod aggregate;
mod codec;
mod diff;
mod log;
mod projection;
mod row;
mod saga;

pub use aggregate::{Decided, Given, given};
pub use projection::{Projected, projected};
pub use saga::{Led, saga};

use crate::{Key, Timestamp};

/// The time of every command and event for which the test sets none: 2000-01-01T00:00:00Z.
pub const TIME: Timestamp = Timestamp::from_micros(946_684_800_000_000);

/// The id of the n-th command or event of a test, counted from 0, for which the test sets none.
///
/// ```
/// use factum_core::{Context, testing};
/// // The first id that the handler of the first command draws.
/// let drawn = Context::new(testing::command_id(0), testing::TIME).new_uuid();
/// # assert_ne!(drawn, Context::new(testing::command_id(1), testing::TIME).new_uuid());
/// ```
pub fn command_id(n: u64) -> Key {
    // A UUIDv7 (RFC 9562, section 5.7) of the kit's time, with n where a real one is random.
    const VERSION: u128 = 0x7 << 76;
    const VARIANT: u128 = 0b10 << 62;
    let millis = u128::from(TIME.as_micros().unsigned_abs() / 1000);
    let n = u128::from(n & (u64::MAX >> 2));
    Key::from_bytes((millis << 80 | VERSION | VARIANT | n).to_be_bytes())
}
