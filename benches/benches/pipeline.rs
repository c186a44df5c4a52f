//! What the way from a command to its receipt costs, the store aside.

use std::convert::Infallible;
use std::time::Instant;

use factum::prelude::*;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 9;
const COMMANDS: u32 = 30_000;

#[derive(Event, Clone, Debug)]
enum AccountEvent {
    #[event("account.deposited")]
    Deposited { cents: u64 },
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.deposit")]
struct Deposit {
    #[id]
    account: String,
    cents: u64,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = Infallible, commands(Deposit))]
struct Account {
    cents: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        let AccountEvent::Deposited { cents } = event;
        self.cents += cents;
    }
}

impl Handle<Deposit> for Account {
    fn handle(&self, cmd: &Deposit, _: &Context) -> Decision<Self> {
        emit(AccountEvent::Deposited { cents: cmd.cents })
    }
}

fn main() -> Result<()> {
    let one = Builder::new_current_thread().enable_all().build()?;
    let several = Builder::new_multi_thread().enable_all().build()?;
    let allocations = allocations(&one)?;
    let (mut on_one, mut on_several) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        on_one.push(one.block_on(micros())?);
        // On a worker, as the tasks of a server are.
        on_several.push(several.block_on(several.spawn(micros()))??);
    }
    line("one sender, one cached aggregate, memory store: median (least-most) of 9 rounds");
    row("us, runtime of one thread", [spread(&on_one, 2)]);
    row("us, runtime of threads", [spread(&on_several, 2)]);
    row("allocations", [format!("{allocations:.2}")]);
    figure("send_us", median(on_one), "us");
    figure("send_us_threads", median(on_several), "us");
    figure("send_allocations", allocations, "allocations");
    Ok(())
}

/// An app whose one account has been used.
async fn warm_app() -> Result<App> {
    let app = App::memory().aggregate::<Account>().start().await?;
    deposit(&app, COMMANDS / 10).await?;
    Ok(app)
}

async fn deposit(app: &App, commands: u32) -> Result<()> {
    for _ in 0..commands {
        let done = app.send(Deposit { account: "alice".to_owned(), cents: 5 }).await?;
        std::hint::black_box(done);
    }
    Ok(())
}

/// Microseconds a command.
async fn micros() -> Result<f64> {
    let app = warm_app().await?;
    let start = Instant::now();
    deposit(&app, COMMANDS).await?;
    let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(COMMANDS);
    app.stop().await?;
    Ok(each)
}

/// Allocations a command, the command's own text among them. All of it runs on this thread, which is
/// the one that is counted.
fn allocations(runtime: &Runtime) -> Result<f64> {
    let app = runtime.block_on(warm_app())?;
    let mut outcome = Ok(());
    let counted = allocation_counter::measure(|| {
        outcome = runtime.block_on(deposit(&app, COMMANDS));
    });
    outcome?;
    Ok(counted.count_total as f64 / f64::from(COMMANDS))
}
