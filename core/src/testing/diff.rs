use std::fmt::Debug;

use similar::{ChangeTag, TextDiff};

/// Fails the test unless the two are equal. `what` says what was compared.
#[track_caller]
pub(super) fn assert_same<T: Debug + PartialEq>(what: &str, expected: &T, actual: &T) {
    if actual != expected {
        panic!("{what} (- expected, + actual):\n{}", lines(expected, actual));
    }
}

/// The pretty forms of both, line by line.
fn lines(expected: &impl Debug, actual: &impl Debug) -> String {
    let (expected, actual) = (format!("{expected:#?}\n"), format!("{actual:#?}\n"));
    if expected == actual {
        return format!("both print as\n{actual}but `==` says that they differ");
    }
    let diff = TextDiff::from_lines(&expected, &actual);
    let line = |tag, line: &str| match tag {
        ChangeTag::Delete => format!("- {line}"),
        ChangeTag::Insert => format!("+ {line}"),
        ChangeTag::Equal => format!("  {line}"),
    };
    diff.iter_all_changes().map(|change| line(change.tag(), change.value())).collect()
}
