//! Payments over the [`bank`](crate::bank), by the thousand: some at once, some later, some to accounts
//! that were never opened. Each has its number, from which all else about it follows.

use std::time::Duration;

use factum::codec::Form;
use factum::prelude::*;
use factum::saga::{
    Hears, Once, React, Reaction, Saga, Sends, SentBy, Starts, Step, StepError, nothing, undo,
};
use factum::{AppBuilder, Key, StartError};

use futures_util::{StreamExt, stream};

use crate::bank::{Account, AccountEvent, Deposit, Open, Transfer};
use crate::books::Books;

/// How many accounts there are, and what is put into each.
pub const ACCOUNTS: u32 = 20;
pub const PUT_IN: u64 = 1_000_000;

/// Has the world hear of a payment before it is made.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("payment.announce")]
pub struct Announce {
    #[id]
    pub transfer: String,
}

/// Says so in a line: `led TRANSFER KEY`.
pub struct Announcer(pub fn(&str));

impl Step<Announce> for Announcer {
    async fn run(&self, call: &Announce, once: &Once) -> Result<(), StepError> {
        (self.0)(&format!("led {} {}", call.transfer, once.key()));
        Ok(())
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Payments;

impl Saga for Payments {
    const NAME: &'static str = "payment";
    const CATEGORY: &'static str = "saga.payment";
    const INBOX: &'static str = "saga.payment.inbox";

    fn begin() -> Self {
        Self
    }

    fn form() -> Form<Self> {
        Form::serde()
    }

    fn hears(list: &mut Hears<Self>) {
        list.from::<AccountEvent>(Starts {
            variants: &["TransferStarted"],
            is_one: |event| matches!(event, AccountEvent::TransferStarted { .. }),
        });
    }

    fn sends(list: &mut Sends<Self>) {
        list.to::<_, Deposit>().calls::<Announce>();
    }
}

impl SentBy<Payments> for Announce {}
impl SentBy<Payments> for Deposit {}

impl React<AccountEvent> for Payments {
    fn react(&mut self, event: &AccountEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        let AccountEvent::TransferStarted { to, cents } = event else { return nothing() };
        let transfer = at.correlation().to_string();
        let back = undo(Deposit { account: at.id().into(), cents: *cents });
        let pay = |reaction: Reaction<Self>| {
            let deposit = Deposit { account: to.clone(), cents: *cents };
            reaction.send(Announce { transfer }).send(deposit).complete()
        };
        match pause(*cents) {
            Some(pause) => back.after(pause, "due", pay(nothing())),
            None => pay(back),
        }
    }
}

/// How long a payment of so much waits, if it waits: up to two seconds.
fn pause(cents: u64) -> Option<Duration> {
    cents.is_multiple_of(10).then(|| Duration::from_millis(cents * 5))
}

/// The payment of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payment(pub u32);

impl Payment {
    /// The id of its command, and of the instance that leads it.
    pub fn key(self) -> Key {
        Key::from_bytes([7; 16]).derive(&format!("payment {}", self.0))
    }

    pub fn id(self) -> String {
        self.key().to_string()
    }

    pub fn command(self) -> Transfer {
        let Self(number) = self;
        let to = if self.arrives() { account(number * 7 + 1) } else { format!("nobody-{number}") };
        let tens = u64::from(number % 40);
        let cents = if self.waits() { 10 * (tens + 1) } else { 10 * tens + 3 };
        Transfer { account: account(number), to, cents }
    }

    /// Whether there is an account that it goes to.
    pub fn arrives(self) -> bool {
        !self.0.is_multiple_of(10)
    }

    /// Whether it is made later.
    pub fn waits(self) -> bool {
        self.0 % 8 < 2
    }
}

fn account(number: u32) -> String {
    format!("account-{}", number % ACCOUNTS)
}

/// Starts an app that makes payments, on the log that a URL names.
///
/// # Errors
/// What the store or the app says.
pub async fn start(log: &str) -> Result<App, StartError> {
    with_payments(App::connect(log).await?, |_| ()).start().await
}

/// Adds what payments need.
pub fn with_payments(app: AppBuilder, tell: fn(&str)) -> AppBuilder {
    app.aggregate::<Account>().saga::<Payments>().step::<Announce>(Announcer(tell))
}

/// Opens the accounts and puts money into them.
///
/// # Panics
/// If that fails.
pub async fn open_accounts(app: &App) {
    for number in 0..ACCOUNTS {
        app.send(Open { account: account(number) }).await.unwrap();
        app.send(Deposit { account: account(number), cents: PUT_IN }).await.unwrap();
    }
}

/// Makes payments with an app that is stopped amid them, and started again.
///
/// # Panics
/// If one of them is not what it should be.
pub async fn through_a_restart(start: impl AsyncFn() -> App) {
    let payments = || (0..80).map(Payment);
    let app = start().await;
    open_accounts(&app).await;
    send_all(&app, payments()).await;
    app.stop().await.unwrap();
    let app = start().await;
    let mut books = Books::default();
    books.read_on(&**app.store()).await;
    assert!(books.waiting() > 0, "all were made before the restart");
    settle(&app, &mut books, payments()).await;
    app.stop().await.unwrap();
}

/// Sends the commands of payments, 64 at a time.
///
/// # Panics
/// If one is refused.
pub async fn send_all(app: &App, payments: impl Iterator<Item = Payment>) {
    let sent = payments.map(async |payment| app.send(payment.command()).id(payment.key()).await);
    let mut sent = stream::iter(sent).buffer_unordered(64);
    while let Some(sent) = sent.next().await {
        sent.unwrap();
    }
}

/// Waits until payments have ended, which must be all that there are, and looks at what came of them.
///
/// # Panics
/// If one of them is not what it should be.
pub async fn settle(
    app: &App,
    books: &mut Books,
    payments: impl ExactSizeIterator<Item = Payment> + Clone,
) {
    for payment in payments.clone() {
        app.sagas::<Payments>().ended(&payment.id()).await.unwrap();
    }
    books.read_on(&**app.store()).await;
    books.check_settled(payments);
}
