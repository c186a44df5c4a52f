//! A domain written by hand, as the derives would write it.

use std::borrow::Cow;

use factum_core::codec::{self, DecodeError, EncodeError, Form};
use factum_core::projection::Sources;
use factum_core::view::{ColumnSpec, Value, ValueKind};
use factum_core::{
    Aggregate, BadId, Command, Commands, Context, Decision, Event, EventType, Events, Handle,
    Origin, Project, Projection, SentTo, Timestamp, emit, require,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PurseEvent {
    Filled {
        cents: u64,
    },
    Emptied {
        cents: u64,
        by: Option<String>,
        at: Timestamp,
    },
    /// A field that the codec forgets.
    Lost {
        cents: u64,
    },
    /// Written under a name that is not listed.
    Hidden,
    /// Written as what is not an object.
    Bare,
    /// Written as what cannot be read.
    Garbled,
    /// Written under another name than it is read by.
    Renamed,
}
use PurseEvent::*;

#[derive(Serialize, Deserialize)]
struct Amount {
    cents: u64,
}
#[derive(Serialize, Deserialize)]
struct Emptying {
    cents: u64,
    by: Option<String>,
    at: Timestamp,
}

const fn kind(name: &'static str) -> EventType {
    EventType { name, version: 1 }
}

impl Event for PurseEvent {
    const TYPES: &'static [EventType] = &[
        kind("purse.filled"),
        kind("purse.emptied"),
        kind("purse.lost"),
        kind("purse.bare"),
        kind("purse.garbled"),
        kind("purse.renamed"),
    ];

    fn event_type(&self) -> EventType {
        kind(match self {
            Filled { .. } => "purse.filled",
            Emptied { .. } => "purse.emptied",
            Lost { .. } => "purse.lost",
            Hidden => "purse.hidden",
            Bare => "purse.bare",
            Garbled => "purse.garbled",
            Renamed => "purse.renamed",
        })
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Filled { cents } => codec::write_json(&Amount { cents: *cents }, out),
            Emptied { cents, by, at } => {
                codec::write_json(&Emptying { cents: *cents, by: by.clone(), at: *at }, out)
            }
            Lost { .. } | Hidden | Garbled | Renamed => {
                codec::write_json(&serde_json::json!({}), out)
            }
            Bare => codec::write_json(&7, out),
        }
    }

    fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        match name {
            "purse.filled" => codec::read_json(payload).map(|Amount { cents }| Filled { cents }),
            "purse.emptied" => codec::read_json(payload)
                .map(|Emptying { cents, by, at }| Emptied { cents, by, at }),
            "purse.lost" => Ok(Lost { cents: 0 }),
            "purse.garbled" => codec::read_json(payload).map(|Amount { cents }| Filled { cents }),
            "purse.renamed" => Ok(Filled { cents: 1 }),
            _ => Err(DecodeError::unknown::<Self>(name, version)),
        }
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum PurseError {
    #[error("only {cents} cents in it")]
    Short { cents: u64 },
    #[error("it is shut")]
    Shut,
}

#[derive(Default)]
pub(crate) struct Purse {
    pub(crate) cents: u64,
}

impl Aggregate for Purse {
    const NAME: &'static str = "purse";
    type Event = PurseEvent;
    type Error = PurseError;

    fn empty() -> Self {
        Self::default()
    }

    fn fold(&mut self, event: &PurseEvent) {
        match event {
            Filled { cents } => self.cents += cents,
            Emptied { cents, .. } | Lost { cents } => self.cents -= cents,
            Hidden | Bare | Garbled | Renamed => {}
        }
    }

    fn commands(list: &mut Commands<Self>) {
        list.add::<Take>().add::<Put>();
    }
}

/// Takes cents out; none is nothing to do.
#[derive(Serialize, Deserialize)]
pub(crate) struct Take {
    pub(crate) purse: String,
    pub(crate) cents: u64,
}

/// Makes any event happen that can be made from its name.
#[derive(Serialize, Deserialize)]
pub(crate) struct Put {
    pub(crate) what: String,
}

impl Command for Take {
    const NAME: &'static str = "purse.take";
    const SHAPE: u32 = 1;
    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.purse)
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}
impl Command for Put {
    const NAME: &'static str = "purse.put";
    const SHAPE: u32 = 2;
    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed("mine")
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

impl Handle<Take> for Purse {
    fn handle(&self, cmd: &Take, ctx: &Context) -> Decision<Self> {
        require!(self.cents >= cmd.cents, PurseError::Short { cents: self.cents });
        if cmd.cents == 0 {
            return Ok(Events::none());
        }
        let by = ctx.actor().map(str::to_owned);
        emit(Emptied { cents: cmd.cents, by, at: ctx.now() })
    }
}
impl Handle<Put> for Purse {
    fn handle(&self, cmd: &Put, _: &Context) -> Decision<Self> {
        emit(match cmd.what.as_str() {
            "lost" => Lost { cents: 3 },
            "hidden" => Hidden,
            "bare" => Bare,
            "garbled" => Garbled,
            "renamed" => Renamed,
            _ => return Err(PurseError::Shut),
        })
    }
}

impl SentTo<Purse> for Take {
    fn decide(&self, state: &Purse, ctx: &Context) -> Decision<Purse> {
        state.handle(self, ctx)
    }
}
impl SentTo<Purse> for Put {
    fn decide(&self, state: &Purse, ctx: &Context) -> Decision<Purse> {
        state.handle(self, ctx)
    }
}

/// How much is in a purse, and since when. `note` is never kept, nor is a row of 99 cents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) purse: String,
    pub(crate) cents: u64,
    pub(crate) changed: Timestamp,
    #[serde(skip)]
    pub(crate) note: String,
}

impl Projection for Content {
    const NAME: &'static str = "contents";
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] = &[ColumnSpec { name: "cents", kind: ValueKind::Uint }];

    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.purse)
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
    fn set_key(&mut self, key: &str) -> Result<(), BadId> {
        key.clone_into(&mut self.purse);
        Ok(())
    }
    fn values(&self, out: &mut Vec<Value>) {
        // Two mistakes that a hand-written projection may have.
        match self.cents {
            13 => out.push(Value::Bool(true)),
            14 => {}
            cents => out.push(Value::Uint(cents)),
        }
    }
    fn is_gone(&self) -> bool {
        self.cents == 99
    }
    fn sources(list: &mut Sources<Self>) {
        list.from::<PurseEvent>();
    }
}

impl Project<PurseEvent> for Content {
    fn project(&mut self, event: &PurseEvent, at: &Origin) {
        self.changed = at.time();
        self.note = "not kept".to_owned();
        match event {
            Filled { cents } => self.cents += cents,
            Emptied { cents, .. } => self.cents -= cents,
            _ => self.purse = "stolen".to_owned(),
        }
    }
}
