use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use factum_core::codec::Form;
use factum_core::projection::{Project, Projection, Sources};
use factum_core::saga::{Instance, Saga, SagaEvent, Status};
use factum_core::view::{Column, ColumnSpec, Indexable, Value};
use factum_core::{BadId, Origin, Timestamp};
use serde::{Deserialize, Serialize};

/// An instance of a saga as a row of the view that the framework keeps of it: to list instances by how
/// they are, and by age.
///
/// ```
/// # use factum_core::{Timestamp, saga::Saga};
/// # use factum_projections::{QueryError, SagaRow, View};
/// # async fn f<Order: Saga>(instances: View<SagaRow<Order>>, yesterday: Timestamp) -> Result<(), QueryError> {
/// type Row<S> = SagaRow<S>;
/// let stuck = instances.filter(Row::STATUS.eq("stuck")).limit(10).all().await?;
/// let old = instances.filter(Row::BEGAN.lt(yesterday)).order_by(Row::BEGAN.asc()).all().await?;
/// for row in stuck.iter().chain(&old) {
///     println!("{}: {} ({:?})", row.id(), row.instance().status(), row.instance().reason());
/// }
/// # Ok(()) }
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SagaRow<S> {
    id: String,
    instance: Instance,
    #[serde(skip)]
    saga: PhantomData<fn() -> S>,
}

impl<S> Clone for SagaRow<S> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), instance: self.instance.clone(), saga: PhantomData }
    }
}

impl<S> Default for SagaRow<S> {
    fn default() -> Self {
        Self { id: String::new(), instance: Instance::default(), saga: PhantomData }
    }
}

impl<S> fmt::Debug for SagaRow<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SagaRow").field("id", &self.id).field("instance", &self.instance).finish()
    }
}

/// How long a command that is to be sent at once may wait before it is taken for one that a crash left.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// Stands where nothing is due.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

impl<S: Saga> SagaRow<S> {
    /// The column of how it is: the text of a [`Status`].
    pub const STATUS: Column<Self, String> = Column::new(0);
    /// The column of when it began.
    pub const BEGAN: Column<Self, Timestamp> = Column::new(1);
    /// The column of when something happened to it last.
    pub const CHANGED: Column<Self, Timestamp> = Column::new(2);
    /// The column of when it is to be looked at next: a timer, or a command that is tried again; the far
    /// end of time if nothing is due.
    pub const DUE: Column<Self, Timestamp> = Column::new(3);

    /// The id of the instance.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The instance.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// When it is to be looked at next.
    pub(super) fn due(&self) -> Timestamp {
        let errand = self.instance.errand().map(|errand| match errand.tried {
            // Somebody has it in hand.
            0 => errand.due.plus(GRACE),
            _ => errand.due,
        });
        let timer = self.instance.next_timer().map(|(_, timer)| timer.due);
        errand.into_iter().chain(timer).min().unwrap_or(NEVER)
    }
}

impl<S: Saga> Projection for SagaRow<S> {
    const NAME: &'static str = S::CATEGORY;
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] = &[
        ColumnSpec { name: "status", kind: String::KIND },
        ColumnSpec { name: "began", kind: Timestamp::KIND },
        ColumnSpec { name: "changed", kind: Timestamp::KIND },
        ColumnSpec { name: "due", kind: Timestamp::KIND },
    ];

    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    fn set_key(&mut self, key: &str) -> Result<(), BadId> {
        key.clone_into(&mut self.id);
        Ok(())
    }

    fn form() -> Form<Self> {
        Form::serde()
    }

    fn values(&self, out: &mut Vec<Value>) {
        out.push(Value::Text(self.instance.status().as_str().to_owned()));
        out.push(self.instance.began().value());
        out.push(self.instance.changed().value());
        out.push(self.due().value());
    }

    fn sources(list: &mut Sources<Self>) {
        // The instances of all sagas share a context.
        list.from_keyed::<SagaEvent, _>(|_, at| {
            (at.stream.category() == S::CATEGORY).then(|| at.id().to_owned())
        });
    }
}

impl<S: Saga> Project<SagaEvent> for SagaRow<S> {
    fn project(&mut self, event: &SagaEvent, _: &Origin) {
        self.instance.apply(event);
    }
}

impl<S: Saga> SagaRow<S> {
    /// How it is.
    pub fn status(&self) -> Status {
        self.instance.status()
    }
}
