use factum_core::store::{LogId, StoreError};

use crate::hints::Hints;
use crate::lanes::Lanes;
use crate::link::Link;
use crate::options::EventStoreDbOptions;
use crate::writer::Writer;

/// What all handles of a store share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) link: Link,
    pub(crate) writer: Writer,
    pub(crate) log: LogId,
    pub(crate) options: EventStoreDbOptions,
    pub(crate) lanes: Lanes,
    pub(crate) hints: Hints,
}

impl Shared {
    /// # Errors
    /// [`StoreError::Closed`] if the store is closed.
    pub(crate) fn check_open(&self) -> Result<(), StoreError> {
        if self.lanes.is_closed() { Err(StoreError::Closed) } else { Ok(()) }
    }

    /// Among how many newest events of a stream keys are known.
    pub(crate) fn keys(&self) -> usize {
        usize::try_from(self.options.keys).unwrap_or(usize::MAX)
    }
}
