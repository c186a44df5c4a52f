//! A saga on the stores that need no server; for the others see `tests/sagas-on-servers`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use factum::App;
use factum_saga_tests::bank::Account;
use factum_saga_tests::books::Books;
use factum_saga_tests::payments::{
    Announce, Announcer, Payment, Payments, open_accounts, send_all, settle, start,
    through_a_restart,
};

#[tokio::test]
async fn payments_are_made_in_memory() {
    let app = start("memory:").await.unwrap();
    open_accounts(&app).await;
    let payments = (0..80).map(Payment);
    send_all(&app, payments.clone()).await;
    settle(&app, &mut Books::default(), payments).await;
    app.stop().await.unwrap();
}

#[tokio::test]
async fn payments_are_made_in_a_file_through_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("bank.db").display());
    through_a_restart(async || start(&url).await.unwrap()).await;
}

#[tokio::test]
async fn an_app_without_a_receiver_does_not_start() {
    let app = App::memory().saga::<Payments>().step::<Announce>(Announcer(|_| ()));
    let error = app.start().await.unwrap_err().to_string();
    let wanted = "saga payment may send account.deposit, which goes to aggregate account, and the app has \
                  none: add it before `.start()`";
    assert_eq!(error, wanted);
    let error = App::memory().aggregate::<Account>().saga::<Payments>().start().await.unwrap_err();
    let wanted = "saga payment may send payment.announce, which goes to a step, and the app has none: add \
                  it before `.start()`";
    assert_eq!(error.to_string(), wanted);
}
