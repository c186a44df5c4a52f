//! What a saga says, in lines that can be compared.

use std::fmt;
use std::time::Duration;

use crate::saga::{Act, Letter, When};

/// A text whose debug form is itself.
#[derive(PartialEq)]
pub(super) struct Text(pub(super) String);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line for each thing that is said, and for what belongs to it.
pub(super) fn acts(acts: &[Act]) -> Text {
    let mut lines = Vec::new();
    write(acts, "", &mut lines);
    let text = if lines.is_empty() { "nothing".to_owned() } else { lines.join("\n") };
    Text(text)
}

fn write(acts: &[Act], indent: &str, lines: &mut Vec<String>) {
    for act in acts {
        let line = match act {
            Act::Send { letter: sent, .. } => format!("send {}", letter(sent)),
            Act::Undo(undo) => format!("undo {}", letter(undo)),
            Act::After { timer, when: When::In(time), .. } => {
                format!("after {} {timer:?}", while_(*time))
            }
            Act::After { timer, when: When::At(moment), .. } => format!("after {moment} {timer:?}"),
            Act::Cancel(timer) => format!("cancel {timer:?}"),
            Act::Complete => "complete".to_owned(),
            Act::Fail(reason) => format!("fail {reason:?}"),
        };
        lines.push(format!("{indent}{line}"));
        let deeper = format!("{indent}  ");
        match act {
            Act::Send { undo: Some(undo), .. } => {
                lines.push(format!("{deeper}undo with {}", letter(undo)));
            }
            Act::After { then, .. } => write(then, &deeper, lines),
            _ => {}
        }
    }
}

/// A command with its fields, in an order that does not depend on how they were written.
pub(super) fn letter(letter: &Letter) -> String {
    let fields = letter.fields.as_str();
    match serde_json::from_str::<serde_json::Value>(fields) {
        Ok(fields) => format!("{} {fields}", letter.command),
        Err(_) => format!("{} {fields}", letter.command),
    }
}

pub(super) fn while_(time: Duration) -> impl fmt::Display {
    humantime::format_duration(time)
}
