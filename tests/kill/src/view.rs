//! The view of what the writer appends, which it keeps in the file of the log.

use factum::prelude::*;
use factum_core::view::{ViewId, ViewSpec};

/// What [`Number::commit`](crate::Number::commit) holds.
#[derive(Event, Clone, Debug, PartialEq)]
pub enum Appended {
    /// One event of a commit.
    #[event("kill.happened")]
    Happened {
        /// The number of the commit.
        of: String,
        /// The place of the event in its stream write.
        event: u64,
        /// What makes it large.
        text: String,
    },
}

/// What happened to the streams of one id: that of a task and one that the tasks share.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "streams", from(Appended))]
pub struct Streams {
    /// The id.
    #[key]
    pub id: String,
    /// How many events there were.
    #[index]
    pub events: u64,
    /// How large they were.
    pub bytes: usize,
    /// A number that follows from the positions of all of them, in their order.
    pub order: u64,
}

impl Streams {
    /// How the view is kept.
    pub const SPEC: ViewSpec = ViewSpec::new(ViewId::new(Self::NAME, Self::VERSION), Self::COLUMNS);
}

impl Project<Appended> for Streams {
    fn project(&mut self, event: &Appended, at: &Origin) {
        let Appended::Happened { text, .. } = event;
        self.events += 1;
        self.bytes += text.len();
        self.order = self.order.wrapping_mul(31).wrapping_add(at.position.number());
    }
}
