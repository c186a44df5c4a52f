//! The derives, with the examples that the macro crate cannot run.

/// Makes an enum the events of a context.
///
/// ```
/// use factum::prelude::*;
///
/// #[derive(Event, Clone, Debug, PartialEq)]
/// enum AccountEvent {
///     #[event("account.opened")]
///     Opened { owner: String },
///     #[event("account.deposited")]
///     Deposited {
///         cents: u64,
///         #[serde(default, skip_serializing_if = "Option::is_none")]
///         note: Option<String>,
///     },
/// }
///
/// let event = AccountEvent::Deposited { cents: 500, note: None };
/// let mut payload = Vec::new();
/// event.encode(&mut payload)?;
/// assert_eq!(payload, br#"{"cents":500}"#);
/// assert_eq!(AccountEvent::decode("account.deposited", 1, &payload)?, event);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A form has a history. What is stored in an old form, or under an old name, is read as today's:
///
/// ```
/// use factum::prelude::*;
/// use factum::upcast::Fields;
///
/// #[derive(Event, Clone, Debug, PartialEq)]
/// enum AccountEvent {
///     #[event("account.deposited", version = 3, was = "account.paid_in",
///             upcast(1 => named_cents, 2 => in_euros))]
///     Deposited { cents: u64, currency: String },
/// }
///
/// /// No Rust type of the old form is needed where changing the JSON is enough.
/// fn named_cents(mut old: Fields) -> Fields {
///     old.rename("amount", "cents");
///     old
/// }
///
/// #[derive(Deserialize)]
/// struct DepositedV2 {
///     cents: u64,
/// }
///
/// /// The last step gives the event, or `Fields` in its form.
/// fn in_euros(old: DepositedV2) -> AccountEvent {
///     AccountEvent::Deposited { cents: old.cents, currency: "EUR".into() }
/// }
///
/// let old = AccountEvent::decode("account.paid_in", 1, br#"{"amount":5}"#)?;
/// assert_eq!(old, AccountEvent::Deposited { cents: 5, currency: "EUR".into() });
/// # Ok::<(), factum::codec::DecodeError>(())
/// ```
pub use factum_macros::Event;

/// Makes a struct a command.
///
/// ```
/// use factum::prelude::*;
///
/// #[derive(Command, Serialize, Deserialize)]
/// #[command("account.deposit")]
/// struct Deposit {
///     #[id]
///     account: String,
///     cents: u64,
/// }
///
/// assert_eq!(Deposit { account: "alice".into(), cents: 500 }.id(), "alice");
/// ```
///
/// In one line less, `#[command("account.deposit", id = account)]` names the field in place of `#[id]`.
pub use factum_macros::Command;

/// Makes a type an aggregate: the state that decides on commands, by the events of one stream.
///
/// ```
/// use factum::prelude::*;
/// # #[derive(Event, Clone, Debug, PartialEq)]
/// # enum AccountEvent {
/// #     #[event("account.deposited")]
/// #     Deposited { cents: u64 },
/// #     #[event("account.withdrawn")]
/// #     Withdrawn { cents: u64 },
/// # }
/// # #[derive(Command, Serialize, Deserialize)]
/// # #[command("account.withdraw")]
/// # struct Withdraw { #[id] account: String, cents: u64 }
/// # #[derive(Debug, PartialEq)]
/// # struct Insufficient { available: u64 }
/// # impl std::fmt::Display for Insufficient {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
/// #         write!(f, "only {} cents are there", self.available)
/// #     }
/// # }
/// # impl std::error::Error for Insufficient {}
///
/// #[derive(Aggregate, Default, Serialize, Deserialize)]
/// #[aggregate(name = "account", event = AccountEvent, error = Insufficient,
///             commands(Withdraw), snapshot(every = 200))]
/// struct Account {
///     cents: u64,
/// }
///
/// impl Apply<AccountEvent> for Account {
///     fn apply(&mut self, event: &AccountEvent) {
///         match event {
///             AccountEvent::Deposited { cents } => self.cents += cents,
///             AccountEvent::Withdrawn { cents } => self.cents -= cents,
///         }
///     }
/// }
///
/// impl Handle<Withdraw> for Account {
///     fn handle(&self, cmd: &Withdraw, _: &Context) -> Decision<Self> {
///         require!(self.cents >= cmd.cents, Insufficient { available: self.cents });
///         emit(AccountEvent::Withdrawn { cents: cmd.cents })
///     }
/// }
///
/// let mut account = Account::default();
/// account.fold(&AccountEvent::Deposited { cents: 500 });
/// let context = Context::new(factum::Key::now_v7(), Timestamp::from_micros(0));
/// let withdraw = Withdraw { account: "alice".into(), cents: 700 };
/// assert_eq!(account.handle(&withdraw, &context), Err(Insufficient { available: 500 }));
/// ```
///
/// A *boundary* is decided on the events that carry any of its tags, wherever they stand, instead of on
/// one stream. Only what really happened to one of them in between makes a decision be made again:
///
/// ```
/// use factum::prelude::*;
/// # use factum::testing::given;
///
/// #[derive(Event, Debug, PartialEq)]
/// enum RoomEvent {
///     #[event("room.opened")]
///     Opened { #[tag] room: String, seats: u32 },
///     #[event("room.entered")]
///     Entered { #[tag] room: String, #[tag] guest: String },
/// }
/// use RoomEvent::*;
///
/// #[derive(Command, Serialize, Deserialize)]
/// #[command("room.enter")]
/// struct Enter { #[tag] room: String, #[tag] guest: String }
///
/// #[derive(Aggregate, Default, Debug)]
/// #[aggregate(name = "visit", event = RoomEvent, error = std::fmt::Error, commands(Enter),
///             boundary(room, guest))]
/// struct Visit { room: String, guest: String, free: u32, visits: u32 }
///
/// impl Apply<RoomEvent> for Visit {
///     fn apply(&mut self, event: &RoomEvent) {
///         match event {
///             Opened { seats, .. } => self.free += seats,
///             Entered { room, guest } => {
///                 self.free -= u32::from(*room == self.room);
///                 self.visits += u32::from(*guest == self.guest);
///             }
///         }
///     }
/// }
/// impl Handle<Enter> for Visit {
///     fn handle(&self, cmd: &Enter, _: &Context) -> Decision<Self> {
///         require!(self.free > 0 && self.visits < 3, std::fmt::Error);
///         emit(Entered { room: cmd.room.clone(), guest: cmd.guest.clone() })
///     }
/// }
///
/// let enter = |guest: &str| Enter { room: "blue".into(), guest: guest.into() };
/// given::<Visit>([Opened { room: "blue".into(), seats: 1 }])
///     .when(enter("ann"))
///     .then([Entered { room: "blue".into(), guest: "ann".into() }])
///     .when(enter("bob"))
///     .then_rejected(std::fmt::Error);
/// ```
pub use factum_macros::Aggregate;

/// Makes a struct a row of a read model.
///
/// ```
/// use factum::prelude::*;
/// # #[derive(Event, Clone)]
/// # enum AccountEvent {
/// #     #[event("account.opened")]
/// #     Opened { owner: String },
/// #     #[event("account.deposited")]
/// #     Deposited { cents: u64 },
/// # }
///
/// #[derive(Projection, Default, Clone, Serialize, Deserialize)]
/// #[projection(name = "balances", from(AccountEvent))]
/// struct Balance {
///     #[key]
///     account: String,
///     #[index]
///     owner: String,
///     #[index]
///     cents: u64,
/// }
///
/// impl Project<AccountEvent> for Balance {
///     fn project(&mut self, event: &AccountEvent, _: &Origin) {
///         match event {
///             AccountEvent::Opened { owner } => self.owner = owner.clone(),
///             AccountEvent::Deposited { cents } => self.cents += cents,
///         }
///     }
/// }
///
/// let rich = Balance::CENTS.ge(100).and(Balance::OWNER.ne("bank"));
/// ```
///
/// A row that is of no more use is taken out: with `gone_if = Balance::is_closed`, and
/// `fn is_closed(&self) -> bool`, once an event has left it so. The next event of its key begins a new one.
///
/// A row for each owner, whatever the account: the function gives the keys. A key that it gives twice
/// for an event is one row, which takes the event once.
///
/// ```
/// # use factum::prelude::*;
/// # #[derive(Event, Clone)]
/// # enum AccountEvent {
/// #     #[event("account.opened")]
/// #     Opened { owner: String },
/// # }
/// fn owner(event: &AccountEvent, _: &Origin) -> Option<String> {
///     let AccountEvent::Opened { owner } = event;
///     Some(owner.clone())
/// }
///
/// #[derive(Projection, Default, Clone, Serialize, Deserialize)]
/// #[projection(name = "owners", from(AccountEvent by owner))]
/// struct Owner {
///     #[key]
///     owner: String,
///     accounts: u32,
/// }
/// # impl Project<AccountEvent> for Owner {
/// #     fn project(&mut self, _: &AccountEvent, _: &Origin) {
/// #         self.accounts += 1;
/// #     }
/// # }
/// ```
pub use factum_macros::Projection;

/// Makes a type the state of a process that leads several aggregates: what it has seen so far, and what
/// follows from an event.
///
/// ```
/// use factum::prelude::*;
/// # use std::fmt::Error;
/// #
/// # use factum::testing;
/// #
/// # #[derive(Event)]
/// # enum AccountEvent {
/// #     #[event("account.deposited")]
/// #     Deposited { cents: u64 },
/// #     #[event("account.transfer_started")]
/// #     TransferStarted { to: String, cents: u64 },
/// # }
/// # use AccountEvent::*;
/// #
/// # #[derive(Command, Serialize, Deserialize)]
/// # #[command("account.deposit")]
/// # struct Deposit { #[id] account: String, cents: u64 }
/// #
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(name = "account", event = AccountEvent, error = Error, commands(Deposit))]
/// # struct Account;
/// # impl Apply<AccountEvent> for Account {
/// #     fn apply(&mut self, _: &AccountEvent) {}
/// # }
/// # impl Handle<Deposit> for Account {
/// #     fn handle(&self, cmd: &Deposit, _: &Context) -> Decision<Self> {
/// #         emit(Deposited { cents: cmd.cents })
/// #     }
/// # }
///
/// #[derive(Saga, Default, Serialize, Deserialize)]
/// #[saga(name = "transfer", starts(AccountEvent::TransferStarted), sends(Deposit))]
/// struct Transfers;
///
/// impl React<AccountEvent> for Transfers {
///     fn react(&mut self, event: &AccountEvent, at: &Origin, _: &Context) -> Reaction<Self> {
///         match event {
///             TransferStarted { to, cents } => undo(Deposit { account: at.id().into(), cents: *cents })
///                 .send(Deposit { account: to.clone(), cents: *cents })
///                 .complete(),
///             _ => nothing(),
///         }
///     }
/// }
///
/// testing::saga::<Transfers>()
///     .when("account-alice", TransferStarted { to: "bob".into(), cents: 5 })
///     .then_sends(Deposit { account: "bob".into(), cents: 5 })
///     .when_refused("the account was never opened")
///     .then_sends(Deposit { account: "alice".into(), cents: 5 })
///     .when_accepted()
///     .then_compensated();
/// ```
///
/// The events of one process have one correlation, by which they find their instance. Where a process is
/// begun and led on by commands of different origins, its events carry a tag that names it, and
/// `by = order` says which. A function behind `by` gives the id of any other event.
pub use factum_macros::Saga;

/// Makes a newtype an id.
///
/// ```
/// use factum::prelude::*;
///
/// #[derive(Id, Clone, PartialEq, Debug, Serialize, Deserialize)]
/// struct AccountId(Uuid);
///
/// let text = "018f4a3e-0000-7000-8000-000000000001";
/// assert_eq!(AccountId::read(text)?.write(), text);
/// assert!(AccountId::read("alice").is_err());
/// # Ok::<(), factum::BadId>(())
/// ```
pub use factum_macros::Id;
