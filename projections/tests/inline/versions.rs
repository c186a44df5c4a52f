//! A raised version of an inline view: commands wait until queries see it.

use std::borrow::Cow;

use factum_core::codec::Form;
use factum_core::pipeline::{Dispatcher, Settings};
use factum_core::projection::Sources;
use factum_core::view::{ColumnSpec, Value};
use factum_core::{BadId, Origin, Project, Projection};
use factum_projections::{Hub, Placement, Runner};
use serde::{Deserialize, Serialize};

use crate::bank::{Account, Life, Tally, deposits};
use crate::common::{Bank, append, deposit};
use crate::logs;

/// Counts cents double.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Newer(Tally);

impl Projection for Newer {
    const NAME: &'static str = Tally::NAME;
    const VERSION: u32 = 2;
    const COLUMNS: &'static [ColumnSpec] = Tally::COLUMNS;
    fn key(&self) -> Cow<'_, str> {
        self.0.key()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
    fn set_key(&mut self, key: &str) -> Result<(), BadId> {
        self.0.set_key(key)
    }
    fn values(&self, out: &mut Vec<Value>) {
        self.0.values(out);
    }
    fn sources(list: &mut Sources<Self>) {
        list.from::<Bank>();
    }
}

impl Project<Bank> for Newer {
    fn project(&mut self, event: &Bank, at: &Origin) {
        self.0.project(event, at);
        if let Bank::Deposited { cents } = event {
            self.0.cents += cents;
        }
    }
}

#[tokio::test]
async fn commands_wait_until_queries_see_the_newer_version() {
    for (log, _folder) in logs() {
        let mut life = Life::begin(log.clone()).await;
        life.accounts.send(deposits("alice", &[1, 2, 3])).await.unwrap();
        life.accounts.stop().await;
        life.runner.stop().await.unwrap();
        for number in 0..200_u32 {
            append(&*log, &number.to_string(), &[deposit(1)]).await;
        }

        let hub = Hub::new(log.clone());
        let (runner, view) =
            Runner::start::<Newer>(&hub, Placement::memory().inline()).await.unwrap();
        assert_eq!(view.get("alice").await.unwrap().unwrap().0.cents, 6, "as the older one has it");
        let views = runner.inline().into_iter().collect();
        let runtime = tokio::runtime::Handle::current();
        let accounts =
            Dispatcher::<Account>::with_views(log.clone(), Settings::default(), runtime, views);
        hub.start();
        accounts.send(deposits("alice", &[4])).await.unwrap();
        assert_eq!(view.get("alice").await.unwrap().unwrap().0.cents, 20);
        accounts.send(deposits("alice", &[5])).await.unwrap();
        assert_eq!(view.get("alice").await.unwrap().unwrap().0.cents, 30);
        assert_eq!(view.count().await.unwrap(), 201);
    }
}
