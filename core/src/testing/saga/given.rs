use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::saga::{Act, Cause, Kept, Process, Reacted, Saga, SagaEvent, Seat, Told};
use crate::testing::command_id;
use crate::testing::log::Log;
use crate::{Aggregate, Event, Position, Stored, Timestamp};

/// Begins the test of a saga: of one instance, which has heard nothing yet.
///
/// The test is the world around it: it says what happens and what becomes of the commands, and looks at
/// what the instance does about it. One command is under way at a time, as in an app.
///
/// ```
#[doc = include_str!("example.txt")]
/// use factum_core::testing;
///
/// let gave_back = Deposit { account: "alice".into(), cents: 5 };
/// testing::saga::<Transfers>()
///     .when("account-alice", TransferStarted { to: "bob".into(), cents: 5 })
///     .then_sends(Deposit { account: "bob".into(), cents: 5 })
///     .when_refused("the account was never opened")
///     .then_failed("account.deposit: the account was never opened")
///     .then_sends(gave_back)
///     .when_accepted()
///     .then_compensated();
/// ```
///
/// All that one step says is compared at once by [`then`](Led::then), in the words of the saga itself:
///
/// ```
#[doc = include_str!("example.txt")]
/// use factum_core::testing;
///
/// testing::saga::<Transfers>()
///     .when("account-alice", TransferStarted { to: "bob".into(), cents: 5 })
///     .then(
///         undo(Deposit { account: "alice".into(), cents: 5 })
///             .send(Deposit { account: "bob".into(), cents: 5 })
///             .complete(),
///     )
///     .when_accepted()
///     .then_completed();
/// ```
#[must_use = "let it hear an event with `when`"]
pub fn saga<S: Saga>() -> Led<S> {
    let mut log = Log::new();
    log.meta.correlation = Some(command_id(0).uuid());
    let (process, timeline) = (Process::empty(), Vec::new());
    let said = Said { to: "nothing".to_owned(), acts: Vec::new() };
    Led {
        seat: Seat { attempts: 1, ..Seat::default() }.into(),
        process,
        log,
        id: None,
        timeline,
        said,
    }
}

/// An instance of a saga that is tested: see [`saga()`].
pub struct Led<S: Saga> {
    pub(super) seat: Arc<Seat<S>>,
    pub(super) process: Process<S>,
    /// What it hears.
    pub(super) log: Log,
    /// Its id, once an event has said it.
    pub(super) id: Option<String>,
    pub(super) timeline: Vec<Stored<SagaEvent>>,
    pub(super) said: Said,
}

/// What the saga said in the last step.
#[derive(Debug)]
pub(super) struct Said {
    /// To what: `account.opened of stream account-bob`.
    pub(super) to: String,
    pub(super) acts: Vec<Act>,
}

impl<S: Saga> fmt::Debug for Led<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Led").field("id", &self.id).field("process", &self.process).finish()
    }
}

impl<S: Saga> Led<S> {
    /// The time from here on. [`TIME`](crate::testing::TIME) if it is never set. Timers that are due by
    /// then fire with [`when_time_passes`](Self::when_time_passes), not here.
    #[must_use = "let it hear an event with `when`"]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.log.meta.time = time;
        self
    }

    /// What the events that follow belong to, which is the id of the instance unless the saga says
    /// otherwise. All to the same if it is never set.
    #[must_use = "let it hear an event with `when`"]
    pub fn correlation(mut self, correlation: Uuid) -> Self {
        self.log.meta.correlation = Some(correlation);
        self
    }

    /// How often a command is tried before it counts as failed, after pauses as in an app. Once if it is
    /// never set, or set to none.
    #[must_use = "let it hear an event with `when`"]
    pub fn attempts(mut self, tries: u32) -> Self {
        self.seat = Seat { attempts: tries.max(1), ..Seat::default() }.into();
        self
    }

    /// It has heard these events of a stream before. `stream` is its full name, `category-id`. What it
    /// has sent because of them is not answered yet.
    ///
    /// # Panics
    /// As [`when`](Self::when).
    #[must_use = "let it hear an event with `when`"]
    #[track_caller]
    pub fn given<E: Event>(self, stream: &str, events: impl IntoIterator<Item = E>) -> Self {
        // Not a fold: its closure would be blamed for what fails.
        let mut led = self;
        for event in events {
            led = led.when(stream, event);
        }
        led.said = Said { to: "nothing".to_owned(), acts: Vec::new() };
        led
    }

    /// It has begun before, with code whose state had this version and these fields: for the test of a
    /// saga that has changed since.
    ///
    /// # Panics
    /// If the fields are no JSON.
    #[must_use = "let it hear an event with `when`"]
    #[track_caller]
    pub fn given_state(mut self, version: u32, fields: &str) -> Self {
        let fields = match serde_json::from_str(fields) {
            Ok(fields) => fields,
            Err(problem) => panic!("the given state is no JSON: {problem}"),
        };
        let (id, time) = (command_id(0).event(0), self.log.meta.time);
        let (name, stream) = ("before.now".to_owned(), "before-now".to_owned());
        let cause = Cause { id, name, stream, position: Position::START };
        let told = Told { time, state: Some(Kept { version, fields }), acts: Vec::new() };
        let correlation = self.log.meta.correlation.unwrap_or_default();
        self.process.fold(&SagaEvent::Reacted(Reacted { cause, correlation, told }));
        self
    }

    /// All that was written about the instance, as its stream in an app would have it: for checks of the
    /// test's own, or for [`picture`](crate::saga::picture).
    pub fn timeline(&self) -> &[Stored<SagaEvent>] {
        &self.timeline
    }
}
