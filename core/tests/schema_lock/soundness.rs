//! What holds for any form and any change.

use factum_core::schema::lock::{self, Verdict};
use factum_core::schema::{Description, Shape};

use crate::app::*;
use crate::random::{Random, any_object, changed};
use crate::values::{reads, value};

const ROUNDS: u64 = 1_000;

fn form(random: &mut Random) -> Shape {
    Shape::Object(any_object(random, 3, &[]))
}

fn app(shape: &Shape) -> Description {
    let mut event = event("account.deposited", []);
    event.fields = shape.clone();
    events([event])
}

fn passes(before: &Shape, after: &Shape) -> bool {
    rules(&app(before), &app(after)).is_empty()
}

#[test]
fn what_is_written_is_read_as_the_same() {
    for seed in 0..ROUNDS {
        let shape = form(&mut Random(seed));
        let lock = locked(&app(&shape));
        assert_eq!(lock::compare(&lock, &app(&shape)), Ok(Verdict::Same), "{seed}: {lock}");
    }
}

#[test]
fn a_change_that_passes_reads_all_that_is_stored() {
    let mut passed = 0;
    for seed in 0..ROUNDS {
        let random = &mut Random(seed);
        let before = form(random);
        let after = changed(random, &before, &[]);
        if before == after || !passes(&before, &after) {
            continue;
        }
        passed += 1;
        for _ in 0..20 {
            let stored = value(random, &before);
            assert!(reads(&before, &stored), "{seed}: {stored}");
            let texts = (locked(&app(&before)), locked(&app(&after)));
            assert!(reads(&after, &stored), "{seed}: {stored}\n{}\n{}", texts.0, texts.1);
        }
    }
    assert!(passed > ROUNDS / 20, "only {passed} changes were of any use");
}

#[test]
fn changes_that_pass_one_by_one_pass_together() {
    let mut passed = 0;
    for seed in 0..ROUNDS {
        let random = &mut Random(seed);
        let first = form(random);
        let second = changed(random, &first, &[]);
        let third = changed(random, &second, &[]);
        if first == second || second == third || !passes(&first, &second) {
            continue;
        }
        if passes(&second, &third) {
            passed += 1;
            assert!(
                passes(&first, &third),
                "{seed}: {:#?}\n{}\n{}\n{}",
                faults(&app(&first), &app(&third)),
                locked(&app(&first)),
                locked(&app(&second)),
                locked(&app(&third)),
            );
        }
    }
    assert!(passed > ROUNDS / 100, "only {passed} changes were of any use");
}

#[test]
fn a_damaged_text_never_panics() {
    for seed in 0..ROUNDS {
        let random = &mut Random(seed);
        let shape = form(random);
        let mut text: Vec<char> = locked(&app(&shape)).chars().collect();
        for _ in 0..=random.below(3) {
            if text.is_empty() {
                break;
            }
            let at = random.below(text.len());
            match random.below(3) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, random.pick(&['"', '\\', '[', '\n', ' ', '|', 'é'])),
                _ => text.truncate(at.max(1)),
            }
        }
        let text: String = text.into_iter().collect();
        // Any answer will do.
        let _ = lock::compare(&text, &app(&shape));
    }
}
