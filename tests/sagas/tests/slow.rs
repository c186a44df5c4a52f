//! What takes long in one instance holds up no other.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use factum::App;
use factum::saga::{Once, Saga, Status, Step, StepError};
use factum_saga_tests::bank::Account;
use factum_saga_tests::payments::{Announce, Payment, Payments, open_accounts, send_all};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Far more than any wait of a test needs.
const LONG: Duration = Duration::from_secs(60);

/// Takes until there is a permit, for one payment.
struct Slow {
    payment: Payment,
    until: Arc<Semaphore>,
}

impl Step<Announce> for Slow {
    async fn run(&self, call: &Announce, _: &Once) -> Result<(), StepError> {
        if call.transfer == self.payment.id() {
            self.until.acquire().await.map_err(StepError::passing)?.forget();
        }
        Ok(())
    }
}

#[tokio::test]
async fn timers_fire_while_what_another_one_began_takes_long() {
    let (slow, quick) = (Payment(1), Payment(9));
    assert!(slow.waits() && quick.waits(), "{} makes them at once", Payments::NAME);
    let until = Arc::new(Semaphore::new(0));
    let step = Slow { payment: slow, until: until.clone() };
    let app = App::memory().aggregate::<Account>().saga::<Payments>().step::<Announce>(step);
    let app = app.start().await.unwrap();
    open_accounts(&app).await;
    send_all(&app, [slow, quick].into_iter()).await;
    let payments = app.sagas::<Payments>();
    let ended = timeout(LONG, payments.ended(&quick.id())).await.expect("it waits for the other");
    assert_eq!(ended.unwrap().status(), Status::Completed);
    until.add_permits(1);
    let ended = timeout(LONG, payments.ended(&slow.id())).await.unwrap().unwrap();
    assert_eq!(ended.status(), Status::Completed);
    app.stop().await.unwrap();
}
