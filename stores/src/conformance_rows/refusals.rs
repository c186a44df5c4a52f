//! What a row store does not take, it refuses, and nothing has changed.

use factum_core::view::{
    BadFilter, Comparison, Condition, Hold, Owner, RowBatch, Select, Value, ViewError, ViewId,
    ViewSpec,
};

use super::RowSubject;
use super::making::{VIEW, all, batch, checkpoint, checkpoint_of, mark, numbered};

/// A view that nobody opened is missing, for those who read and for those who write.
pub async fn a_view_that_was_never_opened_is_missing<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let other = ViewSpec { id: ViewId::new("never", 1), ..VIEW };
    let mut write = batch(None, mark(1), [numbered("a", 1)], &[]);
    write.view = other;
    let told = [
        rows.load(other, vec!["a".to_owned()]).await.err(),
        rows.select(other, Select::default()).await.err(),
        rows.count(other, vec![]).await.err(),
        rows.commit(write).await.err(),
        rows.load(other.parked(), vec!["a".to_owned()]).await.err(),
        rows.slices(other).await.err(),
        rows.take(other, 0, Owner::new("me"), None).await.err(),
        rows.release(other, Hold::default()).await.err(),
        rows.promote(other.id).await.err(),
    ];
    for error in told {
        assert!(
            matches!(error, Some(ViewError::Missing { view }) if view == other.id),
            "{error:?}"
        );
    }
    assert_eq!(checkpoint_of(&rows, other).await, None, "the batch left nothing");
}

/// A row with too few or too many values refuses the whole batch, by the row's key.
pub async fn each_row_has_a_value_for_each_column<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let (mut short, mut long) = (numbered("bad", 1), numbered("bad", 1));
    short.values.pop();
    long.values.push(Value::Null);
    for bad in [short, long] {
        let refused = rows.commit(batch(None, mark(1), [numbered("a", 1), bad], &[])).await;
        match refused {
            Err(ViewError::BadRow { key, .. }) => assert_eq!(key, "bad"),
            other => panic!("{other:?}"),
        }
        assert_eq!((checkpoint(&rows).await, all(&rows).await.len()), (None, 0));
    }
}

/// Conditions beyond the bounds of `check_conditions` are refused, and those within them are not.
pub async fn a_filter_beyond_the_bounds_is_refused<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    rows.commit(batch(None, mark(1), [numbered("a", 1)], &[])).await.unwrap();
    let one = |comparison| Condition::Compare { column: 2, comparison, value: Value::Uint(7) };
    let nested = |levels: usize, width: usize| {
        (0..levels).fold(one(Comparison::Lt), |inner, level| {
            let mut list = vec![one(Comparison::Ge); width];
            list.push(inner);
            if level % 2 == 0 { Condition::All(list) } else { Condition::Any(list) }
        })
    };
    let flat = |count: usize| Condition::Any(vec![one(Comparison::Lt); count]);
    for fits in [nested(64, 1), nested(64, 15), flat(999)] {
        let found = rows.select(VIEW, Select { conditions: vec![fits], ..Select::default() }).await;
        found.unwrap();
    }
    for (conditions, deep) in [(nested(65, 1), true), (nested(2000, 1), true), (flat(5_001), false)]
    {
        let select = Select { conditions: vec![conditions.clone()], ..Select::default() };
        let selected = rows.select(VIEW, select).await.map(|rows| rows.len());
        for told in [selected, rows.count(VIEW, vec![conditions]).await] {
            match told {
                Err(ViewError::BadFilter { problem: BadFilter::TooDeep { .. }, .. }) => {
                    assert!(deep)
                }
                Err(ViewError::BadFilter { problem: BadFilter::TooLong { .. }, .. }) => {
                    assert!(!deep);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A slice beyond those of the view is refused.
pub async fn a_slice_that_is_not_there_is_refused<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let hold = Hold { slice: 1, epoch: 0 };
    let told = [
        rows.take(VIEW, 1, Owner::new("me"), None).await.err(),
        rows.release(VIEW, hold).await.err(),
        rows.commit(RowBatch { hold, ..batch(None, mark(1), [numbered("a", 1)], &[]) }).await.err(),
    ];
    for error in told {
        assert!(matches!(error, Some(ViewError::NoSlice { slice: 1, slices: 1, .. })), "{error:?}");
    }
    assert_eq!((checkpoint(&rows).await, all(&rows).await.len()), (None, 0));
}

/// A view that is stored in another number of slices is not opened.
pub async fn other_slices_are_refused<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let refused = rows.open(ViewSpec { slices: 4, ..VIEW }).await;
    assert!(
        matches!(refused, Err(ViewError::OtherSlices { stored: 1, wanted: 4, .. })),
        "{refused:?}"
    );
    assert_eq!(rows.slices(VIEW).await.unwrap().len(), 1);
}
