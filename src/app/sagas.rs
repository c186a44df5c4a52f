use std::any::TypeId;

use factum_core::Command;
use factum_core::saga::{Calls, Saga, Step};
use factum_core::schema::SagaSchema;
use factum_core::store::BoxFuture;
use factum_projections::{SagaSettings, Sagas, saga};

use super::builder::Parts;
use super::{App, AppBuilder, StartError};

pub(super) type StartSaga =
    Box<dyn for<'a> FnOnce(&'a mut Parts) -> BoxFuture<'a, Result<(), StartError>> + Send>;

impl AppBuilder {
    /// Adds a saga. Its instances are streams of the app's store; their rows, in which timers are found,
    /// and how far it has heard are kept where views are. Of the processes that share the store one runs
    /// it, and another once that one is gone.
    ///
    /// What it may send must find its receiver in the app: an aggregate, or a [`step`](Self::step).
    pub fn saga<S: Saga>(self) -> Self {
        self.saga_with::<S>(SagaSettings::default())
    }

    /// The same with settings: how often commands are tried, from where on it hears.
    pub fn saga_with<S: Saga>(mut self, settings: SagaSettings) -> Self {
        if self.names.add_saga::<S>() {
            self.sagas.push(Box::new(|parts| Box::pin(start::<S>(parts, settings))));
            self.described.push(|app| app.sagas.push(SagaSchema::of::<S>()));
        }
        self
    }

    /// Adds what carries out the commands of one type that sagas list in `calls(…)`: something outside.
    pub fn step<C: Command>(mut self, step: impl Step<C>) -> Self {
        self.steps.insert(TypeId::of::<Calls<C>>(), Box::new(Calls::by(step)));
        self
    }
}

impl App {
    /// The instances of a saga: what there are, what one has been through, and what can be done about
    /// one. Where the app was started without the saga, all that is asked is answered with an error that
    /// says so.
    pub fn sagas<S: Saga>(&self) -> Sagas<S> {
        self.part::<S, Sagas<S>>().cloned().unwrap_or_else(Sagas::missing)
    }
}

async fn start<S: Saga>(parts: &mut Parts, settings: SagaSettings) -> Result<(), StartError> {
    let (place, pipeline) = (parts.usual.clone(), parts.settings.clone());
    let by_type = &parts.by_type;
    let receivers = |of: TypeId| by_type.get(&of).map(|part| &**part as _);
    let running = saga::start::<S>(&parts.hub, place, pipeline, settings, &receivers).await?;
    parts.aggregates.push(Box::new(running.instances));
    parts.projections.push(running.rows);
    parts.subscribers.push(running.inbox);
    parts.by_type.insert(TypeId::of::<S>(), Box::new(running.handle));
    Ok(())
}
