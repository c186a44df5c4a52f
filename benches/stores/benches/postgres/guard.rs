//! What a guard by two tags costs, on one log that grows. With numbers of events as arguments, it is
//! measured at these sizes, which have to grow.

use std::sync::Arc;

use factum_benches::Result;
use factum_benches::guard::{Effort, Kind, SIZES, Subject, figures, header};
use factum_benches::report::line;
use factum_core::store::EventStore;

use crate::open;

/// Fewer than elsewhere, as each waits for the disk.
const EFFORT: Effort = Effort { rounds: 21, alone: 50, together: 10 };

pub(crate) async fn run(url: &str, arguments: &[String]) -> Result<()> {
    let given: Vec<usize> = arguments.iter().filter_map(|word| word.parse().ok()).collect();
    let sizes = if given.is_empty() { &SIZES[..] } else { &given };
    let store = open(url, "guards").await?;
    let mut subject = Subject::new(Arc::new(store.clone()))?;
    line("");
    header(EFFORT.rounds);
    let mut last = Vec::new();
    for size in sizes {
        // What was measured before is in the log, too.
        let there = usize::try_from(store.head().await?.position.number())?;
        subject.fill(size.saturating_sub(there), Kind::Exact).await?;
        last = subject.measure("postgres", *size, EFFORT).await?;
    }
    figures("postgres", &last);
    store.close().await;
    Ok(())
}
