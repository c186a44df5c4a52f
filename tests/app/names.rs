//! Two things of one name stop the start.

use factum::prelude::*;
use factum::{AppBuilder, StartError};

use super::{AccountError, AccountEvent, built};

/// Another command under a name that is taken.
#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Reopen {
    #[id]
    account: String,
}

#[derive(Event, Clone)]
enum OtherEvent {
    #[event("account.deposited")]
    Deposited {},
}

/// Other events of a context that has an enum.
#[derive(Event, Clone)]
enum SplitEvent {
    #[event("account.closed")]
    Closed {},
    #[event("closing.asked")]
    Asked {},
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "split", from(SplitEvent))]
struct SplitRow {
    #[key]
    account: String,
}

impl Project<SplitEvent> for SplitRow {
    fn project(&mut self, _: &SplitEvent, _: &Origin) {}
}

#[derive(Command, Serialize, Deserialize)]
#[command("split.do")]
struct DoSplit {
    #[id]
    account: String,
}

macro_rules! other_aggregate {
    ($type:ident, $name:literal, $event:ident, $command:ident) => {
        #[derive(Aggregate, Default)]
        #[aggregate(name = $name, event = $event, error = AccountError, commands($command))]
        struct $type;
        impl Apply<$event> for $type {
            fn apply(&mut self, _: &$event) {}
        }
        impl Handle<$command> for $type {
            fn handle(&self, _: &$command, _: &Context) -> Decision<Self> {
                emit(None)
            }
        }
    };
}

#[derive(Command, Serialize, Deserialize)]
#[command("other.do")]
struct DoOther {
    #[id]
    other: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("third.do")]
struct DoThird {
    #[id]
    third: Uuid,
}

/// An app of which a part has a name that is taken.
pub(super) fn clashing(app: AppBuilder) -> AppBuilder {
    app.aggregate::<SameName>()
}

other_aggregate!(SameCommand, "same_command", AccountEvent, Reopen);
other_aggregate!(SameEvent, "same_event", OtherEvent, DoOther);
other_aggregate!(SameContext, "same_context", SplitEvent, DoSplit);
other_aggregate!(SameName, "account", AccountEvent, DoThird);

#[tokio::test]
async fn one_name_for_two_things_stops_the_start() {
    let app = || built(App::memory());
    for (app, says) in [
        (app().aggregate::<SameCommand>(), "are both the command `account.open`"),
        (app().aggregate::<SameEvent>(), "are both the event `account.deposited`"),
        (clashing(app()), "are both the aggregate `account`"),
        (app().aggregate::<SameContext>(), "are both the context `account`"),
        (app().projection::<SplitRow>(), "are both the context `account`"),
    ] {
        let problems = app.describe().problems;
        assert!(problems.iter().any(|problem| problem.contains(says)), "{problems:?}");
        let error = app.start().await.unwrap_err();
        assert!(matches!(error, StartError::SameName { .. }));
        assert!(error.to_string().contains(says), "{error}");
    }
    // The same part twice is one part.
    assert!(built(app()).describe().problems.is_empty());
    built(app()).start().await.unwrap();
}
