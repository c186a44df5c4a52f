//! Each slice has a checkpoint and an owner of its own, and nobody writes to what another has.

use std::sync::Arc;
use std::time::Duration;

use factum_core::store::Mark;
use factum_core::view::{Hold, Owner, RowBatch, RowStore, Taken, ViewError, ViewSpec};
use tokio::task::JoinSet;

use super::RowSubject;
use super::making::{VIEW, all, batch, mark, numbered};

const SLICED: ViewSpec = ViewSpec { slices: 3, ..VIEW };
/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

fn me() -> Owner {
    Owner::new("me")
}

fn you() -> Owner {
    Owner::new("you, who have a longer name")
}

async fn take(
    rows: &Arc<dyn RowStore>,
    slice: u16,
    owner: Owner,
    lease: Option<Duration>,
) -> Taken {
    rows.take(SLICED, slice, owner, lease).await.unwrap()
}

/// Takes a slice that is to be had.
async fn hold(rows: &Arc<dyn RowStore>, slice: u16, owner: Owner, lease: Option<Duration>) -> Hold {
    match take(rows, slice, owner, lease).await {
        Taken::Yours { hold, .. } => hold,
        taken => panic!("{taken:?}"),
    }
}

async fn commit(
    rows: &Arc<dyn RowStore>,
    hold: Hold,
    from: Option<Mark>,
    to: Mark,
) -> Result<(), ViewError> {
    let key = format!("of slice {}", hold.slice);
    let puts = [numbered(&key, u32::try_from(to.position.number()).unwrap())];
    rows.commit(RowBatch { view: SLICED, hold, ..batch(from, to, puts, &[]) }).await
}

fn assert_fenced(refused: Result<(), ViewError>, slice: u16) {
    match refused {
        Err(ViewError::Fenced(fenced)) => assert_eq!((fenced.slice, fenced.taken), (slice, true)),
        other => panic!("{other:?}"),
    }
}

/// Slices are written to from their own checkpoints.
pub async fn each_has_a_checkpoint_of_its_own<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    rows.open(SLICED).await.unwrap();
    let checkpoints = async || {
        let slices = rows.slices(SLICED).await.unwrap();
        let holds: Vec<Hold> = slices.iter().map(|slice| slice.hold).collect();
        assert_eq!(holds, [0, 1, 2].map(|slice| Hold { slice, epoch: 0 }));
        slices.into_iter().map(|slice| slice.checkpoint).collect::<Vec<_>>()
    };
    assert_eq!(checkpoints().await, [None; 3]);
    for (slice, to) in [(2, 5), (0, 9)] {
        commit(&rows, Hold { slice, epoch: 0 }, None, mark(to)).await.unwrap();
    }
    commit(&rows, Hold { slice: 2, epoch: 0 }, Some(mark(5)), mark(7)).await.unwrap();
    assert_eq!(checkpoints().await, [Some(mark(9)), None, Some(mark(7))]);
    assert_eq!(all(&rows).await.len(), 2, "the rows of all slices are rows of the view");
}

/// Nothing is written under an epoch that is past, also where the checkpoint fits.
pub async fn whoever_takes_one_fences_the_others<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    rows.open(SLICED).await.unwrap();
    let mine = hold(&rows, 1, me(), None).await;
    commit(&rows, mine, None, mark(1)).await.unwrap();
    let Taken::Yours { hold: yours, checkpoint } = take(&rows, 1, you(), None).await else {
        panic!("nobody has a lease")
    };
    assert_eq!(checkpoint, Some(mark(1)));
    assert!(yours.epoch > mine.epoch);
    assert_fenced(commit(&rows, mine, Some(mark(1)), mark(2)).await, 1);
    // Giving back what somebody else has does nothing.
    rows.release(SLICED, mine).await.unwrap();
    commit(&rows, yours, Some(mark(1)), mark(2)).await.unwrap();
    assert_fenced(commit(&rows, Hold { slice: 1, epoch: 0 }, Some(mark(2)), mark(3)).await, 1);
    // A slice is no concern of another.
    commit(&rows, Hold { slice: 0, epoch: 0 }, None, mark(1)).await.unwrap();
}

/// What somebody has a lease of is taken by nobody else, except by force.
pub async fn a_leased_one_is_not_taken<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    rows.open(SLICED).await.unwrap();
    let mine = hold(&rows, 0, me(), Some(LONG)).await;
    match take(&rows, 0, you(), Some(LONG)).await {
        Taken::Theirs { owner, left } => {
            assert_eq!(owner, me());
            assert!(left <= LONG && left > Duration::ZERO, "{left:?}");
        }
        taken @ Taken::Yours { .. } => panic!("{taken:?}"),
    }
    commit(&rows, mine, None, mark(1)).await.unwrap();
    hold(&rows, 1, you(), Some(LONG)).await;
    let forced = hold(&rows, 0, you(), None).await;
    assert_fenced(commit(&rows, mine, Some(mark(1)), mark(2)).await, 0);
    commit(&rows, forced, Some(mark(1)), mark(2)).await.unwrap();
}

/// A lease that was not renewed in time can be taken by another.
pub async fn a_lease_runs_out<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    rows.open(SLICED).await.unwrap();
    let mine = hold(&rows, 0, me(), Some(Duration::from_millis(50))).await;
    let yours = loop {
        match take(&rows, 0, you(), Some(LONG)).await {
            Taken::Yours { hold, .. } => break hold,
            Taken::Theirs { left, .. } => {
                tokio::time::sleep(left.max(Duration::from_millis(1))).await
            }
        }
    };
    assert_fenced(commit(&rows, mine, None, mark(1)).await, 0);
    commit(&rows, yours, None, mark(1)).await.unwrap();
}

/// Others need not wait for the end of a lease that was given back.
pub async fn one_given_back_can_be_taken_at_once<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    rows.open(SLICED).await.unwrap();
    let mine = hold(&rows, 0, me(), Some(LONG)).await;
    rows.release(SLICED, mine).await.unwrap();
    rows.release(SLICED, mine).await.unwrap();
    let yours = hold(&rows, 0, you(), Some(LONG)).await;
    assert_fenced(commit(&rows, mine, None, mark(1)).await, 0);
    commit(&rows, yours, None, mark(1)).await.unwrap();
}

/// Taking again what one has makes the lease longer, and leaves the epoch as it is.
pub async fn an_owner_keeps_what_it_takes_again<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    rows.open(SLICED).await.unwrap();
    let short = Some(Duration::from_millis(1));
    let first = hold(&rows, 0, me(), short).await;
    commit(&rows, first, None, mark(1)).await.unwrap();
    assert_eq!(hold(&rows, 0, me(), Some(LONG)).await, first);
    assert!(matches!(take(&rows, 0, you(), Some(LONG)).await, Taken::Theirs { .. }));
    commit(&rows, first, Some(mark(1)), mark(2)).await.unwrap();
}

/// Of many who take a slice at once, one has it.
pub async fn one_of_those_who_take_has_it<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    rows.open(SLICED).await.unwrap();
    for round in 0..10 {
        let mut racers = JoinSet::new();
        for racer in 0..8 {
            let rows = Arc::clone(&rows);
            let owner = Owner::new(&format!("racer {racer} of round {round}"));
            racers.spawn(async move { take(&rows, 0, owner, Some(LONG)).await });
        }
        let taken = racers.join_all().await;
        let holds = taken.iter().filter_map(|taken| match taken {
            Taken::Yours { hold, .. } => Some(*hold),
            Taken::Theirs { .. } => None,
        });
        let holds: Vec<Hold> = holds.collect();
        assert_eq!(holds.len(), 1, "round {round}: {taken:?}");
        rows.release(SLICED, holds[0]).await.unwrap();
    }
}

/// Everybody can see who has which slice, and whether for a while or until somebody takes it.
pub async fn who_has_one_is_told<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    rows.open(SLICED).await.unwrap();
    let owners = async || {
        let slices = rows.slices(SLICED).await.unwrap();
        slices.into_iter().map(|slice| (slice.owner, slice.leased)).collect::<Vec<_>>()
    };
    let nobody = || (None, false);
    assert_eq!(owners().await, [nobody(), nobody(), nobody()]);
    hold(&rows, 0, me(), Some(LONG)).await;
    let forced = hold(&rows, 2, you(), None).await;
    assert_eq!(owners().await, [(Some(me()), true), nobody(), (Some(you()), false)]);
    rows.release(SLICED, forced).await.unwrap();
    assert_eq!(owners().await, [(Some(me()), true), nobody(), nobody()]);
}
