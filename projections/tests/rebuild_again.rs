//! A rebuild that is given up and begun again at once: what the first one has in hand is no part of the
//! second.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Bank, LONG, append, deposit};
use factum_core::projection::Sources;
use factum_core::view::{ColumnSpec, Value};
use factum_core::{BadId, Origin, Project, Projection, codec};
use factum_projections::{Hub, Placement, Runner};
use factum_stores::MemoryStore;

/// How often somebody has begun with the first event.
static BEGUN: AtomicUsize = AtomicUsize::new(0);
/// Who is the second to begin waits for this.
static GATE: Mutex<()> = Mutex::new(());

#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Sum {
    account: String,
    cents: u64,
}

impl Projection for Sum {
    const NAME: &'static str = "sums";
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] = &[];
    fn key(&self) -> Cow<'_, str> {
        (&self.account).into()
    }
    fn form() -> codec::Form<Self> {
        codec::Form::serde()
    }
    fn set_key(&mut self, key: &str) -> Result<(), BadId> {
        key.clone_into(&mut self.account);
        Ok(())
    }
    fn values(&self, _: &mut Vec<Value>) {}
    fn sources(list: &mut Sources<Self>) {
        list.from::<Bank>();
    }
}

impl Project<Bank> for Sum {
    fn project(&mut self, event: &Bank, at: &Origin) {
        if at.revision == 0 && BEGUN.fetch_add(1, Ordering::SeqCst) == 1 {
            // What else this thread has to do goes to others.
            tokio::task::block_in_place(|| drop(GATE.lock().unwrap()));
        }
        if let Bank::Deposited { cents } = event {
            self.cents += cents;
        }
    }
}

async fn begun(times: usize) {
    let begun = tokio::time::timeout(LONG, async {
        while BEGUN.load(Ordering::SeqCst) < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    begun.await.unwrap();
}

#[test]
fn no_event_is_taken_in_twice() {
    let gate = GATE.lock().unwrap();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(4).enable_all().build().unwrap();
    let log = Arc::new(MemoryStore::new());
    let (_runner, view) = runtime.block_on(async {
        let done = append(&*log, "alice", &vec![deposit(1); 100]).await;
        let hub = Hub::new(log.clone());
        let (runner, view) = Runner::start::<Sum>(&hub, Placement::memory()).await.unwrap();
        hub.start();
        view.within(LONG).after(done).all().await.unwrap();
        view.rebuild().start().await.unwrap();
        begun(2).await;
        assert!(view.rebuild().cancel().await.unwrap());
        view.rebuild().start().await.unwrap();
        begun(3).await;
        (runner, view)
    });
    drop(gate);
    runtime.block_on(async {
        view.rebuild().finished().await.unwrap();
        let done = append(&*log, "alice", &[deposit(1)]).await;
        let alice = view.within(LONG).after(done).get("alice").await.unwrap().unwrap();
        assert_eq!(alice.cents, 101);
    });
}
