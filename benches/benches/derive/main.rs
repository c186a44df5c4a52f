//! What the derives cost the user's compiler, over the same impls written by hand.

mod domain;
mod workspace;

use domain::Variant;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use workspace::Workspace;

const ROUNDS: usize = 9;

fn main() -> Result<()> {
    let workspace = Workspace::create()?;
    let mut rounds = Vec::new();
    // The first round checks what the crates depend on, too.
    for round in 0..=ROUNDS {
        let seconds = check_all(&workspace)?;
        if round > 0 {
            rounds.push(seconds);
        }
    }
    report(&rounds);
    Ok(())
}

/// The processor seconds that each variant took, in the order of [`Variant::ALL`].
type Round = [f64; Variant::ALL.len()];

fn check_all(workspace: &Workspace) -> Result<Round> {
    let mut round = Round::default();
    for (variant, seconds) in Variant::ALL.into_iter().zip(&mut round) {
        *seconds = workspace.check(variant)?;
    }
    Ok(round)
}

fn report(rounds: &[Round]) {
    let of = |value: fn(&Round) -> f64| rounds.iter().map(value).collect::<Vec<_>>();
    let more = of(|[derived, by_hand, _]| derived - by_hand);
    line("processor seconds of `cargo check`, 100 events: median (least-most) of 9 rounds");
    let lines = |variant: Variant| format!("{} lines", variant.source().lines().count());
    let [derived, by_hand, serde_alone] = Variant::ALL.map(lines);
    row("derived", [spread(&of(|[derived, ..]| *derived), 2), derived]);
    row("by hand", [spread(&of(|[_, by_hand, _]| *by_hand), 2), by_hand]);
    row("serde alone", [spread(&of(|[.., serde_alone]| *serde_alone), 2), serde_alone]);
    row("derived - by hand", [spread(&more, 2)]);
    row("derived / by hand", [spread(&of(|[derived, by_hand, _]| derived / by_hand), 2)]);
    figure("derive_cpu_s", median(more), "s");
}
