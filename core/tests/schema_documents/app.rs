//! An app with a form of every kind.

use factum_core::event::Newer;
use factum_core::schema::{
    AggregateSchema, CommandSchema, Description, Docs, EventSchema, HeardSchema, PastForm,
    ProjectionSchema, SagaSchema, SampleReader, SentSchema, Shape, SnapshotSchema,
};
use factum_core::view::{ColumnSpec, ValueKind};

use crate::forms;

/// The text of one of the app's documents.
pub(crate) fn document(description: &Description, name: &str) -> String {
    let documents = description.documents("bank", "1.2.3");
    documents.into_iter().find(|document| document.name == name).unwrap().text
}

/// As [`document`], read.
pub(crate) fn json(description: &Description, name: &str) -> serde_json::Value {
    serde_json::from_str(&document(description, name)).unwrap()
}

pub(crate) fn event(name: &'static str, fields: Shape) -> EventSchema {
    EventSchema {
        name,
        version: 1,
        was: Vec::new(),
        newer: Newer::Fail,
        event_type: "bank::Event",
        variant: "",
        docs: Docs::NONE,
        fields,
        tags: Vec::new(),
        past: Vec::new(),
        read: SampleReader::ANYTHING,
    }
}

pub(crate) fn command(name: &'static str, fields: Shape) -> CommandSchema {
    CommandSchema {
        name,
        rust_type: "bank::commands::Anything",
        docs: Docs::NONE,
        fields,
        tags: Vec::new(),
        read: SampleReader::ANYTHING,
    }
}

pub(crate) fn aggregate(
    name: &'static str,
    commands: Vec<CommandSchema>,
    events: Vec<EventSchema>,
) -> AggregateSchema {
    AggregateSchema {
        name,
        docs: Docs::NONE,
        commands,
        events,
        boundary: Vec::new(),
        snapshot: None,
    }
}

pub(crate) fn projection(name: &'static str, follows: Vec<&'static str>) -> ProjectionSchema {
    let (version, docs, columns, row) = (1, Docs::NONE, &[][..], Shape::Any);
    let follows = follows.into_iter().map(|name| event(name, Shape::Any)).collect();
    ProjectionSchema { name, version, docs, follows, columns, row, read: SampleReader::ANYTHING }
}

pub(crate) fn saga(
    name: &'static str,
    hears: Vec<(&'static str, bool)>,
    sends: Vec<(&'static str, Option<&'static str>)>,
) -> SagaSchema {
    let heard = |(name, starts)| HeardSchema { event: event(name, Shape::Any), starts };
    let sent = |(name, aggregate)| SentSchema {
        command: command(name, Shape::Any),
        aggregate,
        answered: false,
    };
    SagaSchema {
        name,
        rust_type: "bank::sagas::Anything",
        version: 1,
        docs: Docs::NONE,
        state: Shape::Null,
        hears: hears.into_iter().map(heard).collect(),
        sends: sends.into_iter().map(sent).collect(),
        read: SampleReader::ANYTHING,
    }
}

/// A saga that has all that one can have.
fn review() -> SagaSchema {
    let hears = vec![("vault.filled", false), ("account.deposited", true), ("post.sent", false)];
    let sends = vec![("post.send", None), ("account.review", Some("account"))];
    let mut saga = SagaSchema {
        version: 2,
        docs: Docs { item: "Looks at large sums.", fields: &[("cents", "How large.")] },
        state: forms::deposit(),
        ..saga("review", hears, sends)
    };
    saga.sends[0].answered = true;
    saga
}

const DEPOSITED: Docs = Docs {
    item: "Money came in.\n\nNever less than a cent.",
    fields: &[("cents", "How much."), ("paid_at", "When, as a text.")],
};
const DEPOSIT: Docs =
    Docs { item: "Pays money in | or not.", fields: &[("account", "Whose account.")] };

/// A bank with two aggregates that share an event.
pub(crate) fn bank() -> Description {
    let deposited = EventSchema {
        version: 3,
        was: vec!["account.paid_in", "account.paid"],
        variant: "Deposited",
        docs: DEPOSITED,
        past: vec![
            PastForm { version: 1, fields: None },
            PastForm { version: 2, fields: Some(forms::deposited_before()) },
        ],
        ..event("account.deposited", forms::deposited())
    };
    let reviewed = event("audit.reviewed", Shape::Any);
    let deposit = CommandSchema {
        rust_type: "bank::commands::Deposit",
        docs: DEPOSIT,
        ..command("account.deposit", forms::deposit())
    };
    let account = AggregateSchema {
        docs: Docs { item: "Where somebody's\nmoney is.", fields: &[] },
        snapshot: Some(SnapshotSchema { every: 200, state: Shape::Any }),
        ..aggregate(
            "account",
            vec![deposit, command("account.review", forms::planted())],
            vec![deposited, reviewed.clone()],
        )
    };
    let kinds = vec![
        event("vault.filled", forms::everything()),
        event("vault.planted", forms::planted()),
        reviewed,
    ];
    let vault = aggregate("vault", vec![command("vault.fill", forms::everything())], kinds);
    let balances = ProjectionSchema {
        version: 4,
        docs: Docs { item: "What each has.", fields: &[] },
        columns: &[ColumnSpec { name: "cents", kind: ValueKind::Uint }],
        row: forms::deposit(),
        ..projection("balances", vec!["account.deposited", "audit.reviewed"])
    };
    let others = projection("mail", vec!["post.sent", "vault.filled"]);
    Description {
        aggregates: vec![vault, account],
        projections: vec![others, balances],
        sagas: vec![saga("quiet", vec![("audit.reviewed", true)], Vec::new()), review()],
        problems: Vec::new(),
    }
}
