use super::{Act, Answer, Instance, SagaEvent};
use crate::Stored;
use crate::names::context_of;
use crate::text::mermaid;

/// The way of one instance as a [Mermaid](https://mermaid.js.org) sequence diagram, from all that
/// happened to it: what it heard, sent, was answered, waited for and undid.
///
/// ```
/// # use factum_core::{Stored, saga::SagaEvent};
/// # fn f(timeline: &[Stored<SagaEvent>]) {
/// println!("```mermaid\n{}```", factum_core::saga::picture(timeline));
/// # }
/// ```
pub fn picture(timeline: &[Stored<SagaEvent>]) -> String {
    let mut picture = Picture::default();
    timeline.iter().for_each(|stored| picture.draw(&stored.event));
    let saga = timeline.first().map_or("saga", |first| &*first.at.stream);
    picture.text(saga)
}

#[derive(Default)]
struct Picture {
    instance: Instance,
    /// Who sends and receives, in the order in which they come.
    contexts: Vec<String>,
    lines: Vec<String>,
    /// The number of the command that was drawn last.
    sent: u32,
}

impl Picture {
    fn text(&self, saga: &str) -> String {
        let mut text = format!("sequenceDiagram\n    participant s as {}\n", mermaid(saga, &[]));
        for (n, context) in self.contexts.iter().enumerate() {
            text += &format!("    participant p{n} as {}\n", mermaid(context, &[]));
        }
        for line in &self.lines {
            text += &format!("    {line}\n");
        }
        text
    }

    fn draw(&mut self, event: &SagaEvent) {
        match event {
            SagaEvent::Reacted(reacted) => {
                let from = self.context(&reacted.cause.name);
                let heard = format!("{} of {}", reacted.cause.name, reacted.cause.stream);
                self.line(&format!("{from}->>s"), &heard);
                self.note_said(&reacted.told.acts);
            }
            SagaEvent::Answered(resolved) => {
                let arrow = if resolved.answer == Answer::Accepted { "-->>" } else { "--x" };
                self.answer(arrow, &resolved.answer.to_string());
                self.note_said(&resolved.told.acts);
            }
            SagaEvent::Postponed(postponed) => {
                self.answer("--x", &Answer::Failed(postponed.problem.clone()).to_string());
            }
            SagaEvent::Fired(fired) => {
                self.note(&format!("timer {} was due", fired.timer));
                self.note_said(&fired.told.acts);
            }
            SagaEvent::Stalled(_) => self.note(&event.to_string()),
            SagaEvent::Operated(_) => {
                self.note(&event.to_string());
                self.sent = 0;
            }
        }
        self.instance.apply(event);
        self.draw_sent();
        let status = self.instance.status();
        if status.is_over() {
            self.note(status.as_str());
        }
    }

    /// The command that is under way from here on.
    fn draw_sent(&mut self) {
        let Some(errand) = self.instance.errand().filter(|errand| errand.number > self.sent) else {
            return;
        };
        self.sent = errand.number;
        let undoes = if errand.undoes { ", which undoes" } else { "" };
        let sent = format!("{} ({}){undoes}", errand.letter.command, errand.number);
        let to = self.context(&errand.letter.command.clone());
        self.line(&format!("s->>{to}"), &sent);
    }

    fn answer(&mut self, arrow: &str, answer: &str) {
        let Some(errand) = self.instance.errand() else { return };
        let from = self.context(&errand.letter.command.clone());
        self.line(&format!("{from}{arrow}s"), answer);
    }

    /// What is said beside the commands, which are drawn when they are sent.
    fn note_said(&mut self, acts: &[Act]) {
        for act in acts {
            if !matches!(act, Act::Send { .. } | Act::Undo(_)) {
                self.note(&act.to_string());
            }
        }
    }

    fn note(&mut self, text: &str) {
        self.line("Note over s", text);
    }

    fn line(&mut self, what: &str, text: &str) {
        let text = mermaid(text, &['(', ')', ':', ',', '\'']);
        self.lines.push(format!("{what}: {text}"));
    }

    /// Who has to do with an event or a command of this name.
    fn context(&mut self, name: &str) -> String {
        let context = context_of(name);
        let known = self.contexts.iter().position(|known| known == context);
        let n = known.unwrap_or_else(|| {
            self.contexts.push(context.to_owned());
            self.contexts.len() - 1
        });
        format!("p{n}")
    }
}
