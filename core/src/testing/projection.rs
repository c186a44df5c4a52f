use std::collections::BTreeMap;
use std::fmt;

use super::diff::assert_same;
use super::log::{Log, stream_of};
use super::row::{BadRow, change_kept};
use crate::codec::Seen;
use crate::projection::Sources;
use crate::store::{Metadata, Recorded};
use crate::{Event, Projection, Timestamp};

/// Begins the test of a projection, with no rows.
///
/// ```
/// # use std::borrow::Cow;
/// # use factum_core::codec::{self, DecodeError, EncodeError};
/// # use factum_core::projection::Sources;
/// # use factum_core::view::{ColumnSpec, Value};
/// # use factum_core::{BadId, Event, EventType, Origin, Project, Projection};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone)]
/// # struct Lit;
/// # impl Event for Lit {
/// #     const TYPES: &'static [EventType] = &[EventType { name: "lamp.lit", version: 1 }];
/// #     fn event_type(&self) -> EventType { Self::TYPES[0] }
/// #     fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
/// #         codec::write_json(&std::collections::BTreeMap::<String, u8>::new(), out)
/// #     }
/// #     fn decode(_: &str, _: u32, _: &[u8]) -> Result<Self, DecodeError> { Ok(Lit) }
/// # }
/// # #[derive(Default, Clone, Serialize, Deserialize, PartialEq, Debug)]
/// # struct Use { lamp: String, times: u32 }
/// # impl Projection for Use {
/// #     const NAME: &'static str = "use";
/// #     const VERSION: u32 = 1;
/// #     const COLUMNS: &'static [ColumnSpec] = &[];
/// #     fn key(&self) -> Cow<'_, str> { Cow::Borrowed(&self.lamp) }
/// #     fn set_key(&mut self, key: &str) -> Result<(), BadId> { self.lamp = key.into(); Ok(()) }
/// #     fn form() -> codec::Form<Self> { codec::Form::serde() }
/// #     fn values(&self, _: &mut Vec<Value>) {}
/// #     fn sources(list: &mut Sources<Self>) { list.from::<Lit>(); }
/// # }
/// # impl Project<Lit> for Use {
/// #     fn project(&mut self, _: &Lit, _: &Origin) { self.times += 1; }
/// # }
/// use factum_core::testing::projected;
///
/// projected::<Use>()
///     .given("lamp-hall", [Lit, Lit])
///     .then_row("hall", Use { lamp: "hall".into(), times: 2 })
///     .then_no_row("attic");
/// ```
#[must_use = "check the rows with `then_row` or `then_no_row`"]
pub fn projected<P: Projection>() -> Projected<P> {
    Projected { sources: Sources::of(), rows: BTreeMap::new(), log: Log::new() }
}

/// The rows of a projection that is tested: see [`projected`].
#[derive(Debug)]
pub struct Projected<P> {
    sources: Sources<P>,
    /// As a view keeps them: JSON by key.
    rows: BTreeMap<String, Vec<u8>>,
    log: Log,
}

impl<P: Projection> Projected<P> {
    /// The time of the events that follow. [`TIME`](super::TIME) if it is never set.
    #[must_use = "check the rows with `then_row` or `then_no_row`"]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.log.meta.time = time;
        self
    }

    /// What is known about the events that follow.
    #[must_use = "check the rows with `then_row` or `then_no_row`"]
    pub fn meta(mut self, meta: Metadata) -> Self {
        self.log.meta = meta;
        self
    }

    /// These events happened to a stream, after those that were given before. `stream` is its full
    /// name, `category-id`.
    ///
    /// # Panics
    /// If the name is not one, an event or a row does not survive being stored, or no source of the
    /// projection follows the events.
    #[must_use = "check the rows with `then_row` or `then_no_row`"]
    #[track_caller]
    pub fn given<E: Event>(mut self, stream: &str, events: impl IntoIterator<Item = E>) -> Self {
        let stream = stream_of(stream);
        for event in events {
            let recorded = self.log.record(&stream, &event);
            if let Err(problem) = self.project(&recorded) {
                panic!("{} of stream {stream}: {problem}", recorded.name);
            }
        }
        self
    }

    fn project(&mut self, recorded: &Recorded) -> Result<(), String> {
        let Self { sources, rows, .. } = self;
        let mut broken = None;
        let visited = sources.project(Seen::alone(recorded), &mut |key, change| {
            match change_kept(key, rows.get(key).map(Vec::as_slice), change) {
                Ok(Some(row)) => _ = rows.insert(key.to_owned(), row),
                Ok(None) => _ = rows.remove(key),
                Err(BadRow::Key(bad)) => return Err(bad),
                Err(problem) => broken = Some(format!("row {key:?}: {problem}")),
            }
            Ok(())
        });
        visited.map_err(|error| error.to_string())?;
        broken.map_or(Ok(()), Err)
    }

    /// There is a row with this key, and it is this one.
    ///
    /// # Panics
    /// If there is none, or it is another.
    #[track_caller]
    pub fn then_row(self, key: &str, expected: P) -> Self
    where
        P: PartialEq + fmt::Debug,
    {
        assert_same(&format!("row {key:?} of {}", P::NAME), &expected, &self.row(key));
        self
    }

    /// There is a row with this key, and it passes checks of the test's own.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn then_row_with(self, key: &str, check: impl FnOnce(&P)) -> Self {
        check(&self.row(key));
        self
    }

    /// There is no row with this key: no event made one, or it is gone.
    ///
    /// # Panics
    /// If there is one.
    #[track_caller]
    pub fn then_no_row(self, key: &str) -> Self {
        if let Some(row) = self.rows.get(key) {
            panic!("{} has a row {key:?}: {}", P::NAME, String::from_utf8_lossy(row));
        }
        self
    }

    #[track_caller]
    fn row(&self, key: &str) -> P {
        let Some(row) = self.rows.get(key) else {
            let keys: Vec<_> = self.rows.keys().collect();
            panic!("{} has no row {key:?}; it has {keys:?}", P::NAME);
        };
        match P::form().read(row) {
            Ok(row) => row,
            Err(problem) => panic!("row {key:?} of {}: {problem}", P::NAME),
        }
    }
}
