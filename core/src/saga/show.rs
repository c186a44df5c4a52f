//! What happened to an instance, for people: one line for each event.

use std::fmt;

use super::{Act, Answer, Fired, Operated, Postponed, Reacted, Resolved, SagaEvent, Stalled, When};
use crate::text::one_line;

/// ```text
/// heard account.transfer_started of account-alice (@12): could undo by account.deposit; sends account.deposit; completes
/// command 1 refused: the account was never opened; fails
/// command 2 accepted
/// ```
impl fmt::Display for SagaEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Reacted(reacted) => heard(reacted),
            Self::Answered(resolved) => answered(resolved),
            Self::Postponed(Postponed { errand, problem, until, .. }) => {
                format!("command {errand} failed: {problem}; tried again at {until}")
            }
            Self::Fired(Fired { timer, told }) => {
                and(format!("timer {timer} was due"), ": ", &told.acts)
            }
            Self::Stalled(Stalled { reason, position: Some(position), .. }) => {
                format!("stuck at the event {position}: {reason}")
            }
            Self::Stalled(Stalled { reason, position: None, .. }) => format!("stuck: {reason}"),
            Self::Operated(Operated { operation, by, .. }) => format!("{operation} by {by}"),
        };
        f.write_str(&one_line(&text))
    }
}

fn heard(Reacted { cause, told, .. }: &Reacted) -> String {
    let text = format!("heard {} of {} ({})", cause.name, cause.stream, cause.position);
    and(text, ": ", &told.acts)
}

fn answered(Resolved { errand, answer, told, .. }: &Resolved) -> String {
    let text = format!("command {errand} {answer}");
    match (told.acts.as_slice(), answer.problem()) {
        // The reason is the answer.
        ([Act::Fail(reason)], Some(problem)) if reason.ends_with(problem) => text + "; fails",
        (acts, _) => and(text, "; ", acts),
    }
}

fn and(text: String, between: &str, acts: &[Act]) -> String {
    if acts.is_empty() { text } else { text + between + &said(acts) }
}

/// What was said, in a line.
fn said(acts: &[Act]) -> String {
    acts.iter().map(Act::to_string).collect::<Vec<_>>().join("; ")
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { letter, undo: None } => write!(f, "sends {}", letter.command),
            Self::Send { letter, undo: Some(undo) } => {
                write!(f, "sends {}, undone by {}", letter.command, undo.command)
            }
            Self::Undo(undo) => write!(f, "could undo by {}", undo.command),
            Self::After { timer, when, then } => {
                write!(f, "sets timer {timer} ({when}: {})", said(then))
            }
            Self::Cancel(timer) => write!(f, "calls timer {timer} off"),
            Self::Complete => f.write_str("completes"),
            Self::Fail(reason) => write!(f, "fails: {reason}"),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(time) => write!(f, "in {}", humantime::format_duration(*time)),
            Self::At(moment) => write!(f, "at {moment}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Refused(problem) => write!(f, "refused: {problem}"),
            Self::Failed(problem) => write!(f, "failed: {problem}"),
        }
    }
}
