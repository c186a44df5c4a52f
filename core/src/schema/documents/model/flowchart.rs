//! A flowchart in the language of Mermaid.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::schema::documents::{keys, text};

/// What a node stands for, in the order of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Command,
    Aggregate,
    Event,
    /// An event that others write.
    Foreign,
    Saga,
    Step,
    Projection,
    Tag,
}

impl Kind {
    /// Its class, the colours of that, which go with light and dark pages, and what a label is put
    /// between. Colours are those of event storming.
    fn style(self) -> (&'static str, &'static str, [&'static str; 2]) {
        match self {
            Self::Command => ("command", "fill:#a6cfff,stroke:#3b78bd", ["[", "]"]),
            Self::Aggregate => ("aggregate", "fill:#ffe680,stroke:#b39b2d", ["{{", "}}"]),
            Self::Event => ("event", "fill:#ffc285,stroke:#c9771f", ["([", "])"]),
            Self::Foreign => {
                ("foreign", "fill:#ffc285,stroke:#c9771f,stroke-dasharray:4", ["([", "])"])
            }
            Self::Saga => ("saga", "fill:#d9b8f0,stroke:#8a55b0", ["[[", "]]"]),
            Self::Step => ("step", "fill:#f7c6d9,stroke:#b0557c", ["[/", "/]"]),
            Self::Projection => ("projection", "fill:#b5e3b0,stroke:#4f9647", ["[(", ")]"]),
            Self::Tag => ("tag", "fill:#e3e3e3,stroke:#7a7a7a", [">", "]"]),
        }
    }
}

/// A node: its kind and name.
pub(super) type Node<'a> = (Kind, &'a str);

/// From one node to another. What a process begins with is drawn thick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow<'a> {
    pub(super) from: Node<'a>,
    pub(super) to: Node<'a>,
    pub(super) begins: bool,
}

/// The text of a flowchart, from left to right.
///
/// What leads by way of a tag is dotted. Ids are made of names, so that a new node leaves the lines of others alone.
pub(super) fn flowchart(nodes: &[Node<'_>], arrows: &[Arrow<'_>]) -> String {
    let ids = ids(nodes);
    let mut chart = "flowchart LR\n".to_owned();
    for node in nodes {
        let (class, _, [open, close]) = node.0.style();
        let (id, label) = (id(&ids, node), label(node.1));
        line(&mut chart, &format!("{id}{open}\"{label}\"{close}:::{class}"));
    }
    for Arrow { from, to, begins } in arrows {
        let arrow = match (from.0, to.0) {
            (Kind::Tag, _) | (_, Kind::Tag) => "-.->",
            _ if *begins => "==>",
            _ => "-->",
        };
        line(&mut chart, &format!("{} {arrow} {}", id(&ids, from), id(&ids, to)));
    }
    let kinds: BTreeSet<Kind> = nodes.iter().map(|node| node.0).collect();
    for (class, colours, _) in kinds.into_iter().map(Kind::style) {
        line(&mut chart, &format!("classDef {class} {colours},color:#000"));
    }
    chart
}

fn line(chart: &mut String, text: &str) {
    chart.push_str("    ");
    chart.push_str(text);
    chart.push('\n');
}

fn ids<'a>(nodes: &[Node<'a>]) -> BTreeMap<Node<'a>, String> {
    let mut ids = BTreeMap::new();
    for node in nodes {
        let (kind, name) = node;
        let wanted = format!("{}_{}", kind.style().0, keys::plain(name, &['_']));
        let id = keys::free(wanted, |id| ids.values().any(|taken| taken == id));
        ids.insert(*node, id);
    }
    ids
}

fn id<'a>(ids: &'a BTreeMap<Node<'a>, String>, node: &Node<'a>) -> &'a str {
    ids.get(node).map_or("", String::as_str)
}

/// Any character but the plainest may mean something to Mermaid, so those are written as codes.
fn label(name: &str) -> String {
    let mut label = String::new();
    for c in text::one_line(name).chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-') {
            label.push(c);
        } else {
            // Writing to a string does not fail.
            let _ = write!(label, "#{};", u32::from(c));
        }
    }
    label
}
