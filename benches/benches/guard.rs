//! What a guard by two tags costs an append, and what carrying tags does. With numbers of events as
//! arguments, logs of these sizes are measured.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use factum::stores::MemoryStore;
use factum::stores::sqlite::SqliteStore;
use factum_benches::Result;
use factum_benches::guard::{Effort, Kind, RUN, SIZES, Subject, figures, header};
use factum_benches::report::{figure, line};

const EFFORT: Effort = Effort { rounds: 21, alone: 200, together: 20 };

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let given: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let sizes = if given.is_empty() { &SIZES[..] } else { &given };
    runtime.block_on(async {
        header(EFFORT.rounds);
        let mut last = Vec::new();
        for size in sizes {
            let mut memory = Subject::new(Arc::new(MemoryStore::new()))?;
            memory.fill(*size, Kind::Exact).await?;
            last = memory.measure("memory", *size, EFFORT).await?;
        }
        figures("memory", &last);
        for size in sizes {
            let folder = tempfile::tempdir()?;
            last = embedded(folder.path(), *size).await?;
        }
        figures("embedded", &last);
        Ok(())
    })
}

/// Fills two files in turns, with tags and without, and measures guards on the one with tags.
async fn embedded(folder: &Path, size: usize) -> Result<Vec<(usize, f64)>> {
    let (with, without) = (folder.join("with.db"), folder.join("without.db"));
    let (tagged, plain) = (SqliteStore::open(&with)?, SqliteStore::open(&without)?);
    let mut tagged = (Subject::new(Arc::new(tagged.clone()))?, tagged);
    let mut plain = (Subject::new(Arc::new(plain.clone()))?, plain);
    let (mut slow, mut fast) = (Duration::ZERO, Duration::ZERO);
    let part = size.div_ceil(20);
    for _ in 0..20 {
        slow += tagged.0.fill(part, Kind::Exact).await?;
        fast += plain.0.fill(part, Kind::Plain).await?;
    }
    plain.1.close().await;
    let bytes = |file: &Path| Ok::<_, std::io::Error>(file.metadata()?.len() as f64);
    tagged.1.close().await;
    let more = (bytes(&with)? - bytes(&without)?) / size as f64;
    let reopened = SqliteStore::open(&with)?;
    tagged.0.store = Arc::new(reopened.clone());
    let rate = |time: Duration| size as f64 / time.as_secs_f64();
    line(&format!(
        "embedded, {size} events in runs of {RUN}: {:.0} events/s with two tags, {:.0} without",
        rate(slow),
        rate(fast)
    ));
    figure(&format!("tags_fill_ratio_{size}"), rate(slow) / rate(fast), "ratio");
    figure(&format!("tags_bytes_{size}"), more, "bytes an event");
    let ratios = tagged.0.measure("embedded", size, EFFORT).await?;
    reopened.close().await;
    Ok(ratios)
}
