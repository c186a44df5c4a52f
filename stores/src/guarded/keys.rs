use factum_core::Key;
use factum_core::store::{Commit, StoreError};

/// How many keys an error names.
const NAMED: usize = 8;

/// The keys of a run that is given away, the first few of them.
pub(super) struct Keys {
    first: [Option<Key>; NAMED],
    more: bool,
}

impl Keys {
    pub(super) fn of(run: &[Commit]) -> Self {
        let first = std::array::from_fn(|place| run.get(place).map(|commit| commit.key));
        Self { first, more: run.len() > NAMED }
    }

    /// Names them in the error of an append whose outcome is unknown: it is to be tried again under
    /// them.
    pub(super) fn named_in(&self, error: StoreError) -> StoreError {
        let StoreError::Unknown { backend, reason } = error else { return error };
        let keys: Vec<_> = self.first.iter().flatten().map(Key::to_string).collect();
        let more = if self.more { ", …" } else { "" };
        let reason = format!("{reason} (keys: {}{more})", keys.join(", "));
        StoreError::Unknown { backend, reason }
    }
}
