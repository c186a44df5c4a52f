//! Sagas in an app.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use factum::App;
use factum::saga::Status;
use factum_saga_tests::bank::{Account, Close, Deposit, Open, Transfer, Transfers};

async fn bank() -> App {
    let app = App::memory().aggregate::<Account>().saga::<Transfers>().start().await.unwrap();
    for account in ["alice", "bob"] {
        app.send(Open { account: account.into() }).await.unwrap();
    }
    app.send(Deposit { account: "alice".into(), cents: 500 }).await.unwrap();
    app
}

async fn cents(app: &App, account: &str) -> u64 {
    app.events::<Account>().load(account).await.unwrap().unwrap().state.cents
}

#[tokio::test]
async fn money_reaches_the_other_account() {
    let app = bank().await;
    let transfer = Transfer { account: "alice".into(), to: "bob".into(), cents: 200 };
    let done = app.send(transfer).await.unwrap();
    let id = done.command.to_string();
    let ended = app.sagas::<Transfers>().ended(&id).await.unwrap();
    assert_eq!(ended.status(), Status::Completed);
    assert_eq!((cents(&app, "alice").await, cents(&app, "bob").await), (300, 200));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_refused_is_undone() {
    let app = bank().await;
    let transfer = Transfer { account: "alice".into(), to: "nobody".into(), cents: 200 };
    let done = app.send(transfer).await.unwrap();
    let id = done.command.to_string();
    let ended = app.sagas::<Transfers>().ended(&id).await.unwrap();
    assert_eq!(ended.status(), Status::Compensated);
    assert_eq!(ended.reason(), Some("account.deposit: the account was never opened"));
    assert_eq!(cents(&app, "alice").await, 500);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn an_undo_that_is_refused_waits_for_a_person() {
    let app = bank().await;
    let transfer = Transfer { account: "alice".into(), to: "nobody".into(), cents: 200 };
    app.send(Close { account: "alice".into() }).await.unwrap();
    let id = app.send(transfer).await.unwrap().command.to_string();
    let transfers = app.sagas::<Transfers>();
    assert_eq!(transfers.ended(&id).await.unwrap().status(), Status::Stuck);
    transfers.retry(&id, "carol").await.unwrap();
    assert_eq!(transfers.ended(&id).await.unwrap().status(), Status::Stuck, "still closed");
    app.send(Open { account: "alice".into() }).await.unwrap();
    transfers.retry(&id, "carol").await.unwrap();
    assert_eq!(transfers.ended(&id).await.unwrap().status(), Status::Compensated);
    assert_eq!(cents(&app, "alice").await, 500);
    app.stop().await.unwrap();
}
