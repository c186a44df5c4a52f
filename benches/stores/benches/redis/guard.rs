//! A guard by two tags beside an exact revision.

use factum_benches::Result;
use factum_benches::guard::{Effort, Kind, SIZES, Subject, figures, header};

use crate::served;

/// An append that is synced takes long enough for fewer than a store in the process needs.
const EFFORT: Effort = Effort { rounds: 9, alone: 80, together: 20 };

/// Measures on logs of these sizes, of all where none are given.
pub(crate) async fn run(sizes: &[usize]) -> Result<()> {
    let sizes = if sizes.is_empty() { &SIZES[..] } else { sizes };
    header(EFFORT.rounds);
    let mut last = Vec::new();
    for size in sizes {
        // The server stays until the log has been measured.
        let (_server, store) = served("always").await?;
        let mut subject = Subject::new(store)?;
        subject.fill(*size, Kind::Exact).await?;
        last = subject.measure("redis", *size, EFFORT).await?;
    }
    figures("redis", &last);
    Ok(())
}
