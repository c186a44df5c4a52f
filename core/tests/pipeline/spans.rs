//! What a command tells of its way by the crate `tracing`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use factum_core::Key;
use factum_stores::MemoryStore;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

use crate::account::{Deposit, Withdraw};
use crate::dispatcher;

type Fields = BTreeMap<&'static str, String>;

struct Read<'a>(&'a mut Fields);

impl Visit for Read<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

/// Keeps the fields of spans.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Fields>>>);

impl tracing::Subscriber for Kept {
    fn enabled(&self, of: &tracing::Metadata<'_>) -> bool {
        of.name() == "factum.send"
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Read(&mut fields));
        let mut spans = self.0.lock().unwrap();
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        let at = usize::try_from(span.into_u64()).unwrap() - 1;
        let mut spans = self.0.lock().unwrap();
        values.record(&mut Read(spans.get_mut(at).unwrap()));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_command_says_what_it_belongs_to_and_what_became_of_it() {
    let kept = Kept::default();
    let _kept = tracing::subscriber::set_default(kept.clone());
    let accounts = dispatcher(Arc::new(MemoryStore::new()));
    let [id, conversation, cause] = [(); 3].map(|()| Key::now_v7());
    let belongs = |sending: factum_core::pipeline::Sending<_>| {
        sending.id(id).correlation(conversation.uuid()).causation(cause.uuid())
    };
    belongs(accounts.send(Deposit::new("a", 5))).await.unwrap();
    let refused = accounts.send(Withdraw::new("a", 6)).await.unwrap_err();

    let spans = kept.0.lock().unwrap().clone();
    let of = |span: usize, field: &str| spans[span].get(field).map(String::as_str);
    assert_eq!(spans.len(), 2);
    assert_eq!(of(0, "id"), Some(&*id.uuid().to_string()));
    assert_eq!(of(0, "stream"), Some("account-a"));
    assert_eq!(of(0, "correlation"), Some(&*conversation.uuid().to_string()));
    assert_eq!(of(0, "causation"), Some(&*cause.uuid().to_string()));
    assert_eq!((of(0, "position"), of(0, "events"), of(0, "error")), (Some("1"), Some("1"), None));
    // One that belongs to nothing else belongs to itself.
    assert_eq!((of(1, "correlation"), of(1, "causation")), (of(1, "id"), None));
    assert_eq!(of(1, "error"), Some(&*refused.to_string()));
}
