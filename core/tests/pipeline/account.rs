//! A bank account, written by hand: what the derives write can also be written by hand.

use std::borrow::Cow;
use std::collections::HashMap;

use factum_core::codec::{DecodeError, EncodeError, Form, read_json, write_json};
use factum_core::snapshot::SnapshotPolicy;
use factum_core::{
    Aggregate, Apply, Command, Commands, Context, Decision, Event, EventType, Handle, SentTo, emit,
    require,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AccountEvent {
    Deposited(Cents),
    Withdrawn(Cents),
    /// Applying it panics.
    Cursed(Cents),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cents {
    pub(crate) cents: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) note: String,
}

pub(crate) fn cents(cents: u64) -> Cents {
    Cents { cents, note: String::new() }
}

const DEPOSITED: EventType = EventType { name: "account.deposited", version: 1 };
const WITHDRAWN: EventType = EventType { name: "account.withdrawn", version: 1 };
const CURSED: EventType = EventType { name: "account.cursed", version: 1 };

impl Event for AccountEvent {
    const TYPES: &'static [EventType] = &[DEPOSITED, WITHDRAWN, CURSED];

    fn event_type(&self) -> EventType {
        match self {
            Self::Deposited(_) => DEPOSITED,
            Self::Withdrawn(_) => WITHDRAWN,
            Self::Cursed(_) => CURSED,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let (Self::Deposited(fields) | Self::Withdrawn(fields) | Self::Cursed(fields)) = self;
        write_json(fields, out)
    }

    fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        match (name, version) {
            ("account.deposited", 1) => read_json(payload).map(Self::Deposited),
            ("account.withdrawn", 1) => read_json(payload).map(Self::Withdrawn),
            ("account.cursed", 1) => read_json(payload).map(Self::Cursed),
            _ => Err(DecodeError::unknown::<Self>(name, version)),
        }
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) cents: u64,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("only {available} cents are available")]
pub(crate) struct Insufficient {
    pub(crate) available: u64,
}

impl Aggregate for Account {
    const NAME: &'static str = "account";
    type Event = AccountEvent;
    type Error = Insufficient;

    fn empty() -> Self {
        Self::default()
    }

    fn fold(&mut self, event: &AccountEvent) {
        self.apply(event);
    }

    fn commands(list: &mut Commands<Self>) {
        list.add::<Deposit>().add::<Withdraw>().add::<Panic>().add::<Curse>();
        list.add::<Rude>().add::<DepositMany>();
    }

    fn snapshot() -> Option<SnapshotPolicy<Self>> {
        Some(SnapshotPolicy::serde(10, 1))
    }
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Deposited(fields) => self.cents += fields.cents,
            AccountEvent::Withdrawn(fields) => self.cents -= fields.cents,
            AccountEvent::Cursed(_) => {
                self.cents = 0;
                panic!("cursed");
            }
        }
    }
}

macro_rules! command {
    ($(#[$doc:meta])* $name:ident, $text:literal, |$state:ident, $cmd:ident, $ctx:ident| $decide:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(crate) struct $name {
            pub(crate) account: String,
            pub(crate) cents: u64,
            #[serde(serialize_with = "polite")]
            pub(crate) note: String,
        }

        impl $name {
            pub(crate) fn new(account: &str, cents: u64) -> Self {
                Self { account: account.to_owned(), cents, note: String::new() }
            }
        }

        impl Command for $name {
            const NAME: &'static str = $text;
            const SHAPE: u32 = 1;
            fn id(&self) -> Cow<'_, str> {
                Cow::Borrowed(&self.account)
            }
            fn form() -> Form<Self> {
                Form::serde()
            }
        }

        impl Handle<$name> for Account {
            fn handle(&self, $cmd: &$name, $ctx: &Context) -> Decision<Self> {
                let $state = self;
                $decide
            }
        }

        impl SentTo<Account> for $name {
            fn decide(&self, state: &Account, ctx: &Context) -> Decision<Account> {
                state.handle(self, ctx)
            }
        }
    };
}

command!(
    /// Always accepted; nothing follows from no cents.
    Deposit, "account.deposit", |_state, cmd, _ctx| {
        let fields = Cents { cents: cmd.cents, note: cmd.note.clone() };
        emit((cmd.cents > 0).then_some(AccountEvent::Deposited(fields)))
    }
);
command!(
    /// Accepted as far as there is money.
    Withdraw, "account.withdraw", |state, cmd, _ctx| {
        require!(state.cents >= cmd.cents, Insufficient { available: state.cents });
        emit(AccountEvent::Withdrawn(cents(cmd.cents)))
    }
);
command!(
    /// Its handler panics.
    Panic, "account.panic", |_state, _cmd, _ctx| panic!("the handler panicked")
);
command!(
    /// What follows from it panics when it is applied.
    Curse, "account.curse", |_state, cmd, _ctx| emit(AccountEvent::Cursed(cents(cmd.cents)))
);

/// Writes a note, but panics on a rude one.
fn polite<S: serde::Serializer>(note: &str, to: S) -> Result<S::Ok, S::Error> {
    assert_ne!(note, "rude");
    to.serialize_str(note)
}

command!(
    /// Its JSON panics if it is rude.
    Rude, "account.rude", |_state, cmd, _ctx| emit(AccountEvent::Deposited(cents(cmd.cents)))
);

/// A command with a map.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DepositMany {
    pub(crate) account: String,
    pub(crate) cents: HashMap<String, u64>,
}

impl Command for DepositMany {
    const NAME: &'static str = "account.deposit_many";
    const SHAPE: u32 = 2;
    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.account)
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

impl SentTo<Account> for DepositMany {
    fn decide(&self, _: &Account, _: &Context) -> Decision<Account> {
        emit(AccountEvent::Deposited(cents(self.cents.values().sum())))
    }
}
