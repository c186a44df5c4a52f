//! A dispatcher that is closed takes nothing more, and answers what it has.

use factum_core::pipeline::SendError;
use factum_stores::gated::Side;

use crate::account::Deposit;
use crate::{gated_with, under_way};

#[tokio::test]
async fn what_is_under_way_when_it_is_closed_is_answered() {
    let (accounts, gate) = gated_with(1).await;
    assert_eq!(accounts.under_way(), 0);
    gate.hold(Side::Before);
    let first = under_way(accounts.send(Deposit::new("a", 2))).await;
    assert_eq!(accounts.under_way(), 1);
    accounts.close();
    let refused = accounts.send(Deposit::new("a", 3)).await.unwrap_err();
    assert!(matches!(refused, SendError::Closed { .. }), "{refused}");
    assert_eq!(accounts.under_way(), 1);
    gate.release();
    first.await.unwrap().unwrap();
    assert_eq!(accounts.under_way(), 0);
    accounts.stop().await;
}
