use std::borrow::Cow;

use factum::codec::{self, DecodeError, EncodeError, Form};
use factum::projection::Sources;
use factum::snapshot::{SnapshotPolicy, fingerprint};
use factum::view::{Column, ColumnSpec, Indexable, Value};
use factum::{BadId, Commands, EventType, SentTo};

impl Id for AccountId {
    fn write(&self) -> Cow<'_, str> {
        self.0.write()
    }
    fn read(text: &str) -> Result<Self, BadId> {
        Uuid::read(text).map(Self)
    }
}

#[derive(Deserialize)]
struct OpenedFields {
    owner: String,
    reference: Uuid,
    limit_cents: u64,
    #[serde(default)]
    note: Option<String>,
    labels: Vec<String>,
}

#[derive(Deserialize)]
struct RenamedFields {
    name: String,
    by: Option<Uuid>,
}

#[derive(Deserialize)]
struct DepositedFields {
    cents: u64,
    at: i64,
}

#[derive(Deserialize)]
struct WithdrawnFields {
    cents: u64,
    #[serde(rename = "why")]
    reason: Option<String>,
    by: Uuid,
}

#[derive(Deserialize)]
struct LineAddedFields {
    line: Uuid,
    article: String,
    pieces: u32,
    cents: u64,
}

#[derive(Deserialize)]
struct LineRemovedFields {
    line: Uuid,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct AssignedFields {
    to: Vec<Uuid>,
    by: Uuid,
}

#[derive(Deserialize)]
struct CommentedFields {
    author: String,
    text: String,
    #[serde(default)]
    mentions: Vec<String>,
}

#[derive(Deserialize)]
struct PausedFields {
    until: Option<u64>,
    by: String,
}

#[derive(Deserialize)]
struct ClosedFields {
    by: Uuid,
    at: i64,
    reason: String,
}

const fn event_type(name: &'static str, version: u32) -> EventType {
    EventType { name, version }
}

impl Event for AccountEvent {
    const TYPES: &'static [EventType] = &[
        event_type("account.opened", 1),
        event_type("account.renamed", 2),
        event_type("account.deposited", 1),
        event_type("account.withdrawn", 1),
        event_type("account.line_added", 1),
        event_type("account.line_removed", 1),
        event_type("account.assigned", 1),
        event_type("account.commented", 1),
        event_type("account.paused", 1),
        event_type("account.closed", 1),
    ];
    const WAS: &'static [(&'static str, &'static str)] = &[("account.retitled", "account.renamed")];

    fn event_type(&self) -> EventType {
        match self {
            Opened { .. } => event_type("account.opened", 1),
            Renamed { .. } => event_type("account.renamed", 2),
            Deposited { .. } => event_type("account.deposited", 1),
            Withdrawn { .. } => event_type("account.withdrawn", 1),
            LineAdded { .. } => event_type("account.line_added", 1),
            LineRemoved { .. } => event_type("account.line_removed", 1),
            Assigned { .. } => event_type("account.assigned", 1),
            Commented { .. } => event_type("account.commented", 1),
            Paused { .. } => event_type("account.paused", 1),
            Closed { .. } => event_type("account.closed", 1),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        codec::write_json(self, out)
    }

    fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        Ok(match (name, version) {
            ("account.opened", 1) => {
                let OpenedFields { owner, reference, limit_cents, note, labels } =
                    codec::read_fields(payload)?;
                Opened { owner, reference, limit_cents, note, labels }
            }
            ("account.renamed" | "account.retitled", 1) => {
                renamed_from_v1(codec::read_fields(payload)?)
            }
            ("account.renamed" | "account.retitled", 2) => {
                let RenamedFields { name, by } = codec::read_fields(payload)?;
                Renamed { name, by }
            }
            ("account.deposited", 1) => {
                let DepositedFields { cents, at } = codec::read_fields(payload)?;
                Deposited { cents, at }
            }
            ("account.withdrawn", 1) => {
                let WithdrawnFields { cents, reason, by } = codec::read_fields(payload)?;
                Withdrawn { cents, reason, by }
            }
            ("account.line_added", 1) => {
                let LineAddedFields { line, article, pieces, cents } = codec::read_fields(payload)?;
                LineAdded { line, article, pieces, cents }
            }
            ("account.line_removed", 1) => {
                let LineRemovedFields { line, reason } = codec::read_fields(payload)?;
                LineRemoved { line, reason }
            }
            ("account.assigned", 1) => {
                let AssignedFields { to, by } = codec::read_fields(payload)?;
                Assigned { to, by }
            }
            ("account.commented", 1) => {
                let CommentedFields { author, text, mentions } = codec::read_fields(payload)?;
                Commented { author, text, mentions }
            }
            ("account.paused", 1) => {
                let PausedFields { until, by } = codec::read_fields(payload)?;
                Paused { until, by }
            }
            ("account.closed", 1) => {
                let ClosedFields { by, at, reason } = codec::read_fields(payload)?;
                Closed { by, at, reason }
            }
            _ => return Err(DecodeError::unknown::<Self>(name, version)),
        })
    }
}

impl Command for Open {
    const NAME: &'static str = "account.open";
    const SHAPE: u32 = 1;

    fn id(&self) -> Cow<'_, str> {
        self.account.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

impl Command for Rename {
    const NAME: &'static str = "account.rename";
    const SHAPE: u32 = 1;

    fn id(&self) -> Cow<'_, str> {
        self.account.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

impl Command for Deposit {
    const NAME: &'static str = "account.deposit";
    const SHAPE: u32 = 1;

    fn id(&self) -> Cow<'_, str> {
        self.account.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

impl Command for Withdraw {
    const NAME: &'static str = "account.withdraw";
    const SHAPE: u32 = 1;

    fn id(&self) -> Cow<'_, str> {
        self.account.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

impl Command for AddLines {
    const NAME: &'static str = "account.add_lines";
    const SHAPE: u32 = 1;

    fn id(&self) -> Cow<'_, str> {
        self.account.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

impl Command for Close {
    const NAME: &'static str = "account.close";
    const SHAPE: u32 = 1;

    fn id(&self) -> Cow<'_, str> {
        self.account.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

impl Aggregate for Account {
    const NAME: &'static str = "account";
    type Event = AccountEvent;
    type Error = AccountError;

    fn empty() -> Self {
        Self::default()
    }
    fn fold(&mut self, event: &AccountEvent) {
        self.apply(event);
    }
    fn commands(list: &mut Commands<Self>) {
        list.add::<Open>()
            .add::<Rename>()
            .add::<Deposit>()
            .add::<Withdraw>()
            .add::<AddLines>()
            .add::<Close>();
    }
    fn snapshot() -> Option<SnapshotPolicy<Self>> {
        const SHAPE: u64 = fingerprint(&[
            ("owner", "Option<String>"),
            ("name", "String"),
            ("cents", "u64"),
            ("limit_cents", "u64"),
            ("lines", "Vec<Line>"),
            ("closed_at", "Option<i64>"),
        ]);
        Some(SnapshotPolicy::serde(200, SHAPE))
    }
}

impl SentTo<Account> for Open {
    fn decide(&self, state: &Account, ctx: &Context) -> Decision<Account> {
        state.handle(self, ctx)
    }
}
impl SentTo<Account> for Rename {
    fn decide(&self, state: &Account, ctx: &Context) -> Decision<Account> {
        state.handle(self, ctx)
    }
}
impl SentTo<Account> for Deposit {
    fn decide(&self, state: &Account, ctx: &Context) -> Decision<Account> {
        state.handle(self, ctx)
    }
}
impl SentTo<Account> for Withdraw {
    fn decide(&self, state: &Account, ctx: &Context) -> Decision<Account> {
        state.handle(self, ctx)
    }
}
impl SentTo<Account> for AddLines {
    fn decide(&self, state: &Account, ctx: &Context) -> Decision<Account> {
        state.handle(self, ctx)
    }
}
impl SentTo<Account> for Close {
    fn decide(&self, state: &Account, ctx: &Context) -> Decision<Account> {
        state.handle(self, ctx)
    }
}

impl AccountRow {
    pub const OWNER: Column<Self, String> = Column::new(0);
    pub const CENTS: Column<Self, u64> = Column::new(1);
}

impl Projection for AccountRow {
    const NAME: &'static str = "accounts";
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] = &[
        ColumnSpec { name: "owner", kind: String::KIND },
        ColumnSpec { name: "cents", kind: u64::KIND },
    ];

    fn key(&self) -> Cow<'_, str> {
        self.account.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
    fn set_key(&mut self, key: &str) -> Result<(), BadId> {
        self.account = AccountId::read(key)?;
        Ok(())
    }
    fn values(&self, out: &mut Vec<Value>) {
        out.push(self.owner.value());
        out.push(self.cents.value());
    }
    fn sources(list: &mut Sources<Self>) {
        list.from::<AccountEvent>();
    }
}
