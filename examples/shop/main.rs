//! A shop: an order is placed, paid, reserved and shipped, each of which may fail, and what was done is
//! undone then. Once with a saga that leads each order, and once with policies that know one step each.
//!
//! ```text
//! cargo run --release --example shop --features resilience -- [saga | policies] [--orders N] [--seed N]
//! ```
//!
//! The payment provider is part of the example, in memory: it is away now and then, and once for longer,
//! and some of its answers get lost. It is called behind a circuit breaker. Some cards are declined,
//! there is less on stock than is asked for, some parcels are too heavy, and some are never found, so
//! that a timer ends the wait. In the end money and stock are counted, past aggregates and sagas.

mod arguments;
mod baskets;
mod check;
mod dice;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
mod order;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
mod payments;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
mod policies;
mod provider;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
mod saga;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
pub(crate) mod shipment;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
pub(crate) mod stock;
mod style;
mod timeline;
mod ways;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use factum::App;
use factum::resilience::{Breaker, BreakerSettings, OpenWait, Window};
use futures_util::future::try_join_all;

use arguments::Arguments;
use payments::Payments;
use provider::Provider;
use saga::Buying;
use shipment::Carrier;
use style::Style;
use ways::{Ways, ways};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match tell().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::from(2)
        }
    }
}

async fn tell() -> Outcome {
    let arguments = Arguments::read()?;
    let styles = [(Style::Saga, arguments.saga), (Style::Policies, arguments.policies)];
    let mut sound = true;
    for (style, is_wanted) in styles {
        if is_wanted {
            sound &= play(style, arguments, &mut io::stdout()).await?;
        }
    }
    if sound { Ok(()) } else { Err("money, stock and parcels do not add up".into()) }
}

/// One that shows something within a second; the defaults are made for longer outages.
fn breaker() -> Outcome<Breaker> {
    let settings = BreakerSettings {
        window: Window::Count(10),
        minimum_calls: 5,
        probes: 3,
        open_wait: OpenWait::always(Duration::from_millis(60)),
        ..BreakerSettings::default()
    };
    Ok(Breaker::new("the payment provider", settings)?)
}

async fn play(style: Style, arguments: Arguments, out: &mut impl Write) -> Outcome<bool> {
    let Arguments { orders, seed, .. } = arguments;
    writeln!(out, "\n{style}\n")?;
    let scratch = tempfile::tempdir()?;
    let (provider, breaker) = (Arc::new(Provider::new(seed)), breaker()?);
    let payments = Payments { provider: provider.clone(), breaker: breaker.clone() };
    let app = style.shop(App::open(scratch.path().join("shop.db"))?, payments);
    let carrier = Carrier { app: app.weak(), seed };
    let app = app.subscriber("carrier", carrier).start().await?;

    try_join_all(baskets::stock(orders).map(|receive| app.send(receive).into_future())).await?;
    let placed: Vec<_> = baskets::baskets(orders, seed).collect();
    let names: Vec<_> = placed.iter().map(|place| place.order.clone()).collect();
    try_join_all(placed.into_iter().map(|place| app.send(place).into_future())).await?;
    let failures = style.finish(&app, &names).await?;

    let books = provider.books().clone();
    let ways = ways(&**app.store(), &books).await?;
    for name in &names {
        let Some(way) = ways.orders.get(name) else { continue };
        let cents = check::euros(way.cents.into());
        writeln!(out, "{name:<9} {} x {:<6} {cents:>8}  {way}", way.pieces, way.item)?;
        let why = failures.get(name).or(way.cancelled.as_ref());
        why.map_or(Ok(()), |why| writeln!(out, "{:>28}{why}", ""))?;
    }
    writeln!(
        out,
        "\nThe provider was called {} times: {} calls failed, {} had been done before. The breaker \
         opened {} times\nand refused {} calls.",
        books.calls,
        books.failures,
        books.repeats,
        breaker.metrics().totals.opened,
        breaker.metrics().totals.denied
    )?;
    if style == Style::Saga {
        tell_a_failure(&app, &ways, out).await?;
    }
    let sound = check::check(&ways, &books, out)?;
    app.stop().await?;
    Ok(sound)
}

/// The timeline of the order of which most had to be undone.
async fn tell_a_failure(app: &App, ways: &Ways, out: &mut impl Write) -> Outcome {
    let cancelled = ways.orders.iter().filter(|(_, way)| way.cancelled.is_some());
    let much = |way: &ways::Way| (way.started, way.reserved > 0, way.taken > 0);
    let Some((order, _)) = cancelled.max_by_key(|(_, way)| much(way)) else { return Ok(()) };
    writeln!(out, "\nThe timeline of {order}:")?;
    timeline::tell(&app.sagas::<Buying>().timeline(order).await?, out)?;
    Ok(())
}
