//! What happened to one instance of a saga, for people.

use std::io::{self, Write};

use factum::Stored;
use factum::saga::{Act, Instance, SagaEvent};

/// Tells each moment with the time since the first.
pub(crate) fn tell(moments: &[Stored<SagaEvent>], out: &mut impl Write) -> io::Result<()> {
    // An answer has the number of its command; which command that is, the instance knows until then.
    let mut instance = Instance::default();
    for Stored { event, .. } in moments {
        let begun = moments.first().map_or(event.time(), |first| first.event.time());
        let at = (event.time().as_micros() - begun.as_micros()) as f64 / 1000.0;
        writeln!(out, "  {at:>7.1} ms  {}", line(event, &instance))?;
        instance.apply(event);
    }
    let (status, reason) = (instance.status(), instance.reason().unwrap_or("all is well"));
    writeln!(out, "  it is {status}: {reason}")
}

fn line(event: &SagaEvent, instance: &Instance) -> String {
    let command = |number: u32| {
        let errand = instance.errands().find(|errand| errand.number == number);
        errand.map_or("a command", |errand| &*errand.letter.command)
    };
    match event {
        SagaEvent::Reacted(event) => {
            format!("hears {}{}", event.cause.name, acts(&event.told.acts))
        }
        SagaEvent::Answered(event) => {
            format!("{} is {}{}", command(event.errand), event.answer, acts(&event.told.acts))
        }
        SagaEvent::Postponed(event) => {
            format!("{} is tried again: {}", command(event.errand), event.problem)
        }
        SagaEvent::Fired(event) => {
            format!("timer {} is due{}", event.timer, acts(&event.told.acts))
        }
        SagaEvent::Stalled(event) => format!("stuck: {}", event.reason),
        SagaEvent::Operated(event) => format!("{} says: {}", event.by, event.operation),
    }
}

fn acts(acts: &[Act]) -> String {
    let told = acts.iter().map(|act| match act {
        Act::Send { letter, undo: None } => format!("send {}", letter.command),
        Act::Send { letter, undo: Some(undo) } => {
            format!("send {}, to be undone by {}", letter.command, undo.command)
        }
        Act::Undo(letter) => format!("to be undone by {}", letter.command),
        Act::After { timer, .. } => format!("set timer {timer}"),
        Act::Cancel(timer) => format!("call timer {timer} off"),
        Act::Complete => "complete".to_owned(),
        Act::Fail(why) => format!("undo all: {why}"),
    });
    told.map(|act| format!("\n{:>16}{act}", "- ")).collect()
}
