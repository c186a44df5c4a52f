//! The two ways to lead an order, on the same aggregates and the same payments.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use factum::{App, AppBuilder, Saga, SagaSettings};

use super::Outcome;
use super::order::Order;
use super::payments::{Charge, Payments, Refund};
use super::policies::{
    Charging, Completing, Patience, Refunding, Releasing, Reserving, Shipping, Stopping,
};
use super::saga::Buying;
use super::shipment::Shipment;
use super::stock::Stock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// One saga knows the way.
    Saga,
    /// Nobody does.
    Policies,
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Saga => "Orchestration: one saga leads each order.",
            Self::Policies => "Choreography: eight policies, each of which does one thing.",
        })
    }
}

/// Tries soon again: the provider of this example is never away for long.
fn settings() -> SagaSettings {
    let (first, longest) = (Duration::from_millis(20), Duration::from_millis(200));
    SagaSettings::default().attempts(30).backoff(first, longest)
}

impl Style {
    /// What the shop consists of.
    pub(crate) fn shop(self, app: AppBuilder, payments: Payments) -> AppBuilder {
        let app = app.aggregate::<Order>().aggregate::<Stock>().aggregate::<Shipment>();
        let app = app.step::<Charge>(payments.clone()).step::<Refund>(payments);
        match self {
            Self::Saga => app.saga_with::<Buying>(settings()),
            Self::Policies => app
                .saga_with::<Charging>(settings())
                .saga_with::<Reserving>(settings())
                .saga_with::<Shipping>(settings())
                .saga_with::<Completing>(settings())
                .saga_with::<Patience>(settings())
                .saga_with::<Refunding>(settings())
                .saga_with::<Releasing>(settings())
                .saga_with::<Stopping>(settings()),
        }
    }

    /// Waits until nothing happens any more to these orders; why each that failed did, as far as a saga
    /// knows.
    pub(crate) async fn finish(
        self,
        app: &App,
        orders: &[String],
    ) -> Outcome<BTreeMap<String, String>> {
        let mut failures = BTreeMap::new();
        for order in orders {
            match self {
                Self::Saga => {
                    let ended = app.sagas::<Buying>().ended(order).await?;
                    failures.extend(ended.reason().map(|why| (order.clone(), why.to_owned())));
                }
                Self::Policies => {
                    app.sagas::<Charging>().ended(order).await?;
                    app.sagas::<Patience>().ended(order).await?;
                }
            }
        }
        if self == Self::Policies {
            // Two rounds: what is cancelled is undone by others.
            for _ in 0..2 {
                heard::<Charging>(app).await?;
                heard::<Reserving>(app).await?;
                heard::<Shipping>(app).await?;
                heard::<Completing>(app).await?;
                heard::<Patience>(app).await?;
                heard::<Refunding>(app).await?;
                heard::<Releasing>(app).await?;
                heard::<Stopping>(app).await?;
            }
        }
        Ok(failures)
    }
}

/// Waits until a policy has done all that follows from what has happened so far.
async fn heard<S: Saga>(app: &App) -> Outcome {
    let policy = app.sagas::<S>();
    policy.inbox().wait(app.store().head().await?.position).await?;
    let instances = policy.rows().after(app.store().head().await?.position).all().await?;
    for instance in instances {
        policy.ended(instance.id()).await?;
    }
    Ok(())
}
