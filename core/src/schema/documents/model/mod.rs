//! The page about an app: its flow as diagrams, and tables.

mod flow;
mod flowchart;
mod markdown;
mod notation;
mod tables;

use self::flow::Flow;
use self::flowchart::Kind;
use self::markdown::code;
use super::{aggregates, text};
use crate::schema::{Description, SagaSchema};

/// The most nodes that one diagram shows well. A larger app has a diagram for each aggregate.
const MOST_NODES: usize = 40;

/// The page.
pub(super) fn page(description: &Description, title: &str) -> String {
    let mut page = format!(
        "# {title}\n\nWhat the app takes, what it writes, and what it shows. This page is made from \
         the code: to change it, change the types and their doc comments.\n",
        title = text::one_line(title)
    );
    let flow = Flow::of(description);
    if flow.nodes() > 0 {
        page += &section("Flow", &diagrams(description, &flow));
    }
    page += &tables::all(description);
    page
}

fn diagrams(description: &Description, flow: &Flow<'_>) -> String {
    if flow.nodes() <= MOST_NODES {
        return format!("{}\n{}", fenced(flow), legend(flow));
    }
    let mut text = format!("{}\n{}", fenced(&flow.overview()), legend(flow));
    for aggregate in aggregates(description) {
        text += &format!(
            "\n### {}\n\n{}",
            code(aggregate.name),
            fenced(&flow.around(aggregate, description))
        );
    }
    text
}

fn fenced(flow: &Flow<'_>) -> String {
    format!("```mermaid\n{}```\n", flow.chart())
}

fn legend(flow: &Flow<'_>) -> String {
    let mut text = "Commands (blue) are sent to aggregates (yellow), which write events (orange), \
                    which projections (green) follow."
        .to_owned();
    if flow.has(Kind::Saga) {
        text += " Sagas (violet) begin with the events that thick arrows lead from, hear the others, and \
                 send commands.";
    }
    if flow.has(Kind::Step) {
        text += " Steps (pink) carry out what is done outside of the app.";
    }
    if flow.has(Kind::Foreign) {
        text += " Events with a dashed border are written by no aggregate of this app.";
    }
    if flow.has(Kind::Tag) {
        text += " An aggregate that tags (grey) lead to is a boundary: it decides on all events that carry \
                 one of them.";
    }
    text + "\n"
}

/// The chart of one saga.
pub(super) fn saga_chart(saga: &SagaSchema) -> String {
    Flow::of_saga(saga).chart()
}

/// A heading and what is below it.
fn section(heading: &str, body: &str) -> String {
    format!("\n## {heading}\n\n{body}")
}
