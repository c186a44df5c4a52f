//! Old and new code on one log, as in a rolling deployment.
#![deny(warnings, clippy::pedantic)]

use factum::prelude::*;
use factum::stores::MemoryStore;
use factum::{LoadError, QueryError, SendError};
use futures_util::StreamExt;

mod old {
    use factum::prelude::*;

    #[derive(Event, Clone, Debug)]
    pub enum TillEvent {
        #[event("till.paid")]
        Paid { amount: u64 },
        #[event("till.looked_at", newer = skip)]
        LookedAt,
    }

    #[derive(Command, Serialize, Deserialize)]
    #[command("till.pay")]
    pub struct Pay {
        #[id]
        pub till: String,
        pub amount: u64,
    }

    #[derive(Aggregate, Default, Debug)]
    #[aggregate(name = "till", event = TillEvent, error = std::fmt::Error, commands(Pay))]
    pub struct Till {
        pub sum: u64,
        pub looks: u64,
    }
    impl Apply<TillEvent> for Till {
        fn apply(&mut self, event: &TillEvent) {
            match event {
                TillEvent::Paid { amount } => self.sum += amount,
                TillEvent::LookedAt => self.looks += 1,
            }
        }
    }
    impl Handle<Pay> for Till {
        fn handle(&self, cmd: &Pay, _: &Context) -> Decision<Self> {
            emit([TillEvent::Paid { amount: cmd.amount }, TillEvent::LookedAt])
        }
    }

    #[derive(Projection, Debug, Default, Clone, Serialize, Deserialize)]
    #[projection(name = "tills", from(TillEvent))]
    pub struct Row {
        #[key]
        till: String,
        pub events: u64,
    }
    impl Project<TillEvent> for Row {
        fn project(&mut self, _: &TillEvent, _: &Origin) {
            self.events += 1;
        }
    }
}

/// The context has another name now, and one event another form.
mod new {
    use factum::prelude::*;
    use factum::upcast::Fields;

    #[derive(Event, Clone, Debug)]
    pub enum CashEvent {
        #[event("cash.paid", version = 2, was = "till.paid", upcast(1 => paid_from_v1))]
        Paid { cents: u64, currency: String },
        #[event("cash.looked_at", version = 2, was = "till.looked_at", upcast(1 => looked_from_v1))]
        LookedAt { by: Option<String> },
    }

    fn paid_from_v1(mut old: Fields) -> Fields {
        old.rename("amount", "cents");
        old.insert("currency", "EUR");
        old
    }
    fn looked_from_v1(_: Fields) -> CashEvent {
        CashEvent::LookedAt { by: None }
    }

    #[derive(Command, Serialize, Deserialize)]
    #[command("till.pay")]
    pub struct Pay {
        #[id]
        pub till: String,
        pub cents: u64,
    }
    #[derive(Command, Serialize, Deserialize)]
    #[command("till.look")]
    pub struct Look {
        #[id]
        pub till: String,
    }

    #[derive(Aggregate, Default, Debug)]
    #[aggregate(name = "till", event = CashEvent, error = std::fmt::Error, commands(Pay, Look))]
    pub struct Till {
        pub sum: u64,
        pub looks: u64,
    }
    impl Apply<CashEvent> for Till {
        fn apply(&mut self, event: &CashEvent) {
            match event {
                CashEvent::Paid { cents, .. } => self.sum += cents,
                CashEvent::LookedAt { .. } => self.looks += 1,
            }
        }
    }
    impl Handle<Pay> for Till {
        fn handle(&self, cmd: &Pay, _: &Context) -> Decision<Self> {
            emit(CashEvent::Paid { cents: cmd.cents, currency: "USD".into() })
        }
    }
    impl Handle<Look> for Till {
        fn handle(&self, _: &Look, _: &Context) -> Decision<Self> {
            emit(CashEvent::LookedAt { by: Some("me".into()) })
        }
    }

    #[derive(Projection, Debug, Default, Clone, Serialize, Deserialize)]
    #[projection(name = "tills", version = 2, from(CashEvent))]
    pub struct Row {
        #[key]
        till: String,
        pub currencies: Vec<String>,
        pub looks: u64,
    }
    impl Project<CashEvent> for Row {
        fn project(&mut self, event: &CashEvent, _: &Origin) {
            match event {
                CashEvent::Paid { currency, .. } => self.currencies.push(currency.clone()),
                CashEvent::LookedAt { .. } => self.looks += 1,
            }
        }
    }
}

async fn old_app(store: &MemoryStore) -> App {
    let app = App::with_store(store.clone()).aggregate::<old::Till>().projection::<old::Row>();
    app.start().await.unwrap()
}
async fn new_app(store: &MemoryStore) -> App {
    let app = App::with_store(store.clone()).aggregate::<new::Till>().projection::<new::Row>();
    app.start().await.unwrap()
}

fn till() -> String {
    "a".to_owned()
}

#[tokio::test]
async fn new_code_reads_what_old_code_wrote() {
    let store = MemoryStore::new();
    let app = old_app(&store).await;
    app.send(old::Pay { till: till(), amount: 5 }).await.unwrap();
    app.stop().await.unwrap();

    let app = new_app(&store).await;
    let done = app.send(new::Pay { till: till(), cents: 7 }).await.unwrap();
    let state = app.events::<new::Till>().load("a").await.unwrap().unwrap().state;
    assert_eq!((state.sum, state.looks), (12, 1));
    let row = app.view::<new::Row>().after(done.position).get("a").await.unwrap().unwrap();
    assert_eq!((row.currencies, row.looks), (vec!["EUR".to_owned(), "USD".to_owned()], 1));
    let mut history = app.events::<new::Till>().history("a").unwrap();
    let mut seen = 0;
    while let Some(event) = history.next().await {
        event.unwrap();
        seen += 1;
    }
    assert_eq!(seen, 3);
    app.stop().await.unwrap();
}

mod newer {
    use factum::prelude::*;

    #[derive(Event, Clone, Debug)]
    pub enum TillEvent {
        #[event("till.paid")]
        Paid { amount: u64 },
        #[event("till.looked_at", version = 2, upcast(1 => from_v1))]
        LookedAt { by: String },
    }
    fn from_v1(mut old: factum::upcast::Fields) -> factum::upcast::Fields {
        old.insert("by", "nobody");
        old
    }

    #[derive(Command, Serialize, Deserialize)]
    #[command("till.look")]
    pub struct Look {
        #[id]
        pub till: String,
    }

    #[derive(Aggregate, Default, Debug)]
    #[aggregate(name = "till", event = TillEvent, error = std::fmt::Error, commands(Look))]
    pub struct Till;
    impl Apply<TillEvent> for Till {
        fn apply(&mut self, _: &TillEvent) {}
    }
    impl Handle<Look> for Till {
        fn handle(&self, _: &Look, _: &Context) -> Decision<Self> {
            emit(TillEvent::LookedAt { by: "me".into() })
        }
    }
}

/// The old code said when it was written that its states can do without these.
#[tokio::test]
async fn old_code_leaves_out_what_it_may() {
    let store = MemoryStore::new();
    let app = App::with_store(store.clone()).aggregate::<newer::Till>().start().await.unwrap();
    let look = newer::Look { till: till() };
    let key = factum::Key::now_v7();
    app.send(look).id(key).await.unwrap();
    app.stop().await.unwrap();

    let app = App::with_store(store.clone()).aggregate::<old::Till>().start().await.unwrap();
    let state = app.events::<old::Till>().load("a").await.unwrap().unwrap();
    assert_eq!((state.revision, state.state.looks), (0, 0));
    let done = app.send(old::Pay { till: till(), amount: 5 }).await.unwrap();
    assert_eq!(done.revision, Some(2));
    let history = app.events::<old::Till>().history("a").unwrap();
    let revisions = history.map(|event| event.unwrap().at.revision).collect::<Vec<_>>().await;
    assert_eq!(revisions, [1, 2]);
    app.stop().await.unwrap();
    let mut skipped = factum::codec::skipped().into_iter();
    assert!(skipped.any(|s| s.name == "till.looked_at" && s.version == 2 && s.times >= 2));
}

/// Its rows would lack the event for good: it is parked until code comes that knows it.
#[tokio::test]
async fn an_old_view_parks_what_a_state_leaves_out() {
    let store = MemoryStore::new();
    let app = App::with_store(store.clone()).aggregate::<newer::Till>().start().await.unwrap();
    let look = app.send(newer::Look { till: till() }).await.unwrap();
    app.stop().await.unwrap();

    let app = old_app(&store).await;
    let view = app.view::<old::Row>();
    view.after(look.position).get("a").await.unwrap();
    let parked = view.parked().list(10).await.unwrap();
    let problem = parked.first().and_then(|event| event.problem.clone()).unwrap_or_default();
    assert!(problem.contains("does not know version 2 of till.looked_at"), "{parked:?}");
    app.stop().await.unwrap();
}

/// And of no others: half of the facts are no facts.
#[tokio::test]
async fn old_code_stops_at_what_it_does_not_know() {
    let store = MemoryStore::new();
    let app = new_app(&store).await;
    let done = app.send(new::Pay { till: till(), cents: 7 }).await.unwrap();
    app.stop().await.unwrap();

    // The context has another name, so the old projection never sees it; the stream is the same.
    let app = old_app(&store).await;
    let error = app.events::<old::Till>().load("a").await.unwrap_err();
    assert!(matches!(error, LoadError::Event(_)), "{error}");
    assert!(error.to_string().contains("has no event named cash.paid"), "{error}");
    let error = app.send(old::Pay { till: till(), amount: 5 }).await.unwrap_err();
    assert!(matches!(error, SendError::Load { .. }), "{error}");
    let row = app.view::<old::Row>().after(done.position).get("a").await;
    assert!(matches!(row, Ok(None) | Err(QueryError::Late { .. })));
    app.stop().await.unwrap();
}
