use std::collections::BTreeMap;
use std::time::Duration;

use factum_core::store::Mark;
use factum_core::view::{
    BuildState, Hold, Owner, Part, Row, RowBatch, RowChanges, SliceState, Taken, ViewError, ViewId,
    ViewSpec,
};
use tokio::time::Instant;

/// One building of a view.
#[derive(Debug)]
pub(in super::super) struct Table {
    columns: String,
    pub(super) live: bool,
    slices: Vec<Slice>,
    rows: BTreeMap<String, Row>,
    parked: BTreeMap<String, Row>,
}

/// A slice, and who has it.
#[derive(Debug, Default)]
pub(super) struct Slice {
    epoch: u64,
    checkpoint: Option<Mark>,
    owner: Option<Owner>,
    /// Until when nobody else may take it.
    until: Option<Instant>,
}

impl Table {
    pub(super) fn new(view: ViewSpec) -> Self {
        Self {
            columns: view.column_list(),
            live: false,
            slices: (0..view.slices).map(|_| Slice::default()).collect(),
            rows: BTreeMap::new(),
            parked: BTreeMap::new(),
        }
    }

    pub(super) fn check(&self, view: &ViewSpec) -> Result<(), ViewError> {
        view.check_stored(&self.columns, self.count())
    }

    fn count(&self) -> u16 {
        u16::try_from(self.slices.len()).unwrap_or(u16::MAX)
    }

    pub(in super::super) fn part(&self, part: Part) -> &BTreeMap<String, Row> {
        match part {
            Part::Rows => &self.rows,
            Part::Parked => &self.parked,
        }
    }

    pub(super) fn slice(&mut self, view: &ViewSpec, slice: u16) -> Result<&mut Slice, ViewError> {
        let (view, slices) = (view.id, self.count());
        let found = self.slices.get_mut(usize::from(slice));
        found.ok_or(ViewError::NoSlice { view, slice, slices })
    }

    pub(in super::super) fn states(&self) -> Vec<SliceState> {
        let now = Instant::now();
        let state = |(slice, state): (u16, &Slice)| SliceState {
            hold: Hold { slice, epoch: state.epoch },
            owner: state.owner.clone().filter(|_| state.until.is_none_or(|until| until > now)),
            leased: state.until.is_some_and(|until| until > now),
            checkpoint: state.checkpoint,
        };
        (0..).zip(&self.slices).map(state).collect()
    }

    pub(super) fn build_state(&self, id: ViewId) -> BuildState {
        let (columns, slices) = (self.columns.clone(), self.count());
        BuildState { id, columns, slices, live: self.live }
    }

    pub(in super::super) fn commit(&mut self, batch: RowBatch) -> Result<(), ViewError> {
        let slice = self.slice(&batch.view, batch.hold.slice)?;
        batch.check(slice.epoch, slice.checkpoint)?;
        slice.checkpoint = Some(batch.to);
        change(&mut self.rows, batch.rows);
        change(&mut self.parked, batch.parked);
        Ok(())
    }
}

fn change(rows: &mut BTreeMap<String, Row>, changes: RowChanges) {
    rows.extend(changes.puts.into_iter().map(|row| (row.key.clone(), row)));
    for key in &changes.deletes {
        rows.remove(key);
    }
}

impl Slice {
    pub(super) fn take(&mut self, slice: u16, owner: Owner, lease: Option<Duration>) -> Taken {
        let now = Instant::now();
        let mine = self.owner.as_ref() == Some(&owner);
        if let (Some(other), Some(until), Some(_)) = (&self.owner, self.until, lease)
            && !mine
            && until > now
        {
            return Taken::Theirs { owner: other.clone(), left: until - now };
        }
        self.epoch += u64::from(!mine);
        self.owner = Some(owner);
        self.until = lease.map(|lease| now + lease);
        Taken::Yours { hold: Hold { slice, epoch: self.epoch }, checkpoint: self.checkpoint }
    }

    pub(super) fn release(&mut self, hold: Hold) {
        if self.epoch == hold.epoch {
            (self.owner, self.until) = (None, None);
        }
    }
}
