//! A stop tells what failed, however often it is asked for.

use std::task::{Context as Waking, Waker};

use factum::prelude::*;

use super::{AccountEvent, Balance, built, deposit, open};

macro_rules! fragile_projection {
    ($type:ident, $name:literal) => {
        #[derive(Projection, Default, Clone, Debug, Serialize, Deserialize)]
        #[projection(name = $name, from(AccountEvent))]
        struct $type {
            #[key]
            account: String,
            #[serde(serialize_with = "unlucky")]
            cents: u64,
        }
        impl Project<AccountEvent> for $type {
            fn project(&mut self, event: &AccountEvent, _: &Origin) {
                if let AccountEvent::Deposited { cents } = event {
                    self.cents = *cents;
                }
            }
        }
    };
}
fragile_projection!(Fragile, "fragile");
fragile_projection!(FragileToo, "fragile_too");

fn unlucky<S: serde::Serializer>(cents: &u64, to: S) -> Result<S::Ok, S::Error> {
    if *cents == 13 {
        return Err(serde::ser::Error::custom("bad luck"));
    }
    to.serialize_u64(*cents)
}

#[tokio::test]
async fn every_stop_tells_of_the_first_projection_that_failed() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(folder.path().join("bank.db")).unwrap();
    let app = built(app).projection::<Fragile>().projection::<FragileToo>();
    let app = app.start().await.unwrap();
    app.send(open("alice")).await.unwrap();
    let done = app.send(deposit("alice", 13)).await.unwrap();
    app.view::<Balance>().after(done.position).get("alice").await.unwrap().unwrap();
    app.view::<Fragile>().after(done.position).get("alice").await.unwrap_err();
    app.view::<FragileToo>().after(done.position).get("alice").await.unwrap_err();
    for _ in 0..3 {
        // Dropped where it has to wait first.
        let mut nobody = Waking::from_waker(Waker::noop());
        let _ = std::pin::pin!(app.stop()).as_mut().poll(&mut nobody);
    }
    for _ in 0..2 {
        let error = app.stop().await.unwrap_err().to_string();
        assert!(error.contains("view fragile version 1, row \"alice\""), "{error}");
        assert!(error.contains("bad luck"), "{error}");
    }
}
