//! What leads to what in an app.

use std::collections::BTreeSet;

use super::flowchart::{Arrow, Kind, Node, flowchart};
use crate::schema::{AggregateSchema, Description, EventSchema, SagaSchema};

/// Nodes and arrows, by kind and name.
#[derive(Debug, Default)]
pub(super) struct Flow<'a> {
    nodes: BTreeSet<Node<'a>>,
    arrows: BTreeSet<Arrow<'a>>,
}

impl<'a> Flow<'a> {
    /// The whole of an app.
    pub(super) fn of(description: &'a Description) -> Self {
        let mut flow = Self::default();
        for aggregate in &description.aggregates {
            flow.add_aggregate(aggregate);
        }
        for projection in &description.projections {
            let shown = (Kind::Projection, projection.name);
            flow.nodes.insert(shown);
            for event in &projection.follows {
                let written = description.writes(event.name);
                let kind = if written { Kind::Event } else { Kind::Foreign };
                flow.add_arrow((kind, event.name), shown);
            }
        }
        for saga in &description.sagas {
            flow.add_saga(saga, |event| description.writes(event));
        }
        flow
    }

    /// The possible steps of one saga. Which of its events the app writes is not asked.
    pub(super) fn of_saga(saga: &'a SagaSchema) -> Self {
        let mut flow = Self::default();
        flow.add_saga(saga, |_| true);
        flow
    }

    fn add_saga(&mut self, saga: &'a SagaSchema, is_written: impl Fn(&str) -> bool) {
        let leads = (Kind::Saga, saga.name);
        self.nodes.insert(leads);
        for heard in &saga.hears {
            let name = heard.event.name;
            let from = (if is_written(name) { Kind::Event } else { Kind::Foreign }, name);
            self.add(Arrow { from, to: leads, begins: heard.starts });
        }
        self.add_sent(saga, |_| true);
    }

    /// Those of its commands that go to such receivers.
    fn add_sent(&mut self, saga: &'a SagaSchema, is_meant: impl Fn(Node<'a>) -> bool) {
        for sent in &saga.sends {
            let command = (Kind::Command, sent.command.name);
            // A step has no name of its own.
            let step = (Kind::Step, sent.command.name);
            let receiver = sent.aggregate.map_or(step, |aggregate| (Kind::Aggregate, aggregate));
            if is_meant(receiver) {
                self.add_arrow((Kind::Saga, saga.name), command);
                self.add_arrow(command, receiver);
            }
        }
    }

    fn add_aggregate(&mut self, aggregate: &'a AggregateSchema) {
        let decides = (Kind::Aggregate, aggregate.name);
        self.nodes.insert(decides);
        for command in &aggregate.commands {
            self.add_arrow((Kind::Command, command.name), decides);
        }
        for event in &aggregate.events {
            self.add_arrow(decides, (Kind::Event, event.name));
        }
        self.add_boundary(aggregate);
    }

    /// The events that carry a tag of the boundary lead to it, and it to the aggregate.
    fn add_boundary(&mut self, aggregate: &'a AggregateSchema) {
        for name in &aggregate.boundary {
            let tag = (Kind::Tag, *name);
            self.add_arrow(tag, (Kind::Aggregate, aggregate.name));
            let carries = |event: &&EventSchema| event.tags.iter().any(|tag| tag.name == *name);
            for event in aggregate.events.iter().filter(carries) {
                self.add_arrow((Kind::Event, event.name), tag);
            }
        }
    }

    fn add_arrow(&mut self, from: Node<'a>, to: Node<'a>) {
        self.add(Arrow { from, to, begins: false });
    }

    /// Between two nodes there is one arrow: a thick one, if any is.
    fn add(&mut self, arrow: Arrow<'a>) {
        self.nodes.extend([arrow.from, arrow.to]);
        let [plain, thick] = [false, true].map(|begins| Arrow { begins, ..arrow });
        if arrow.begins {
            self.arrows.remove(&plain);
        }
        if !self.arrows.contains(&thick) {
            self.arrows.insert(arrow);
        }
    }

    /// Without commands, and without the events between aggregates and what reads them.
    pub(super) fn overview(&self) -> Self {
        let mut overview = Self::default();
        let kept = |node: &Node<'_>| !matches!(node.0, Kind::Command | Kind::Event);
        overview.nodes.extend(self.nodes.iter().copied().filter(kept));
        for arrow in &self.arrows {
            match arrow.from.0 {
                // By way of an event, or of a command.
                Kind::Aggregate | Kind::Saga => {
                    let further = self.after(arrow.to).filter(|further| further.to.0 != Kind::Tag);
                    further
                        .for_each(|further| overview.add(Arrow { from: arrow.from, ..*further }));
                }
                Kind::Foreign | Kind::Tag => overview.add(*arrow),
                Kind::Command | Kind::Event | Kind::Step | Kind::Projection => {}
            }
        }
        overview
    }

    /// What leads to one aggregate, and what comes of it.
    pub(super) fn around(
        &self,
        aggregate: &'a AggregateSchema,
        description: &'a Description,
    ) -> Self {
        let mut around = Self::default();
        around.add_aggregate(aggregate);
        for event in &aggregate.events {
            let reads = |arrow: &&Arrow<'_>| matches!(arrow.to.0, Kind::Projection | Kind::Saga);
            self.after((Kind::Event, event.name))
                .filter(reads)
                .for_each(|arrow| around.add(*arrow));
        }
        for saga in &description.sagas {
            around.add_sent(saga, |receiver| receiver == (Kind::Aggregate, aggregate.name));
        }
        around
    }

    /// The arrows that begin at a node.
    fn after(&self, node: Node<'a>) -> impl Iterator<Item = &Arrow<'a>> {
        self.arrows.iter().filter(move |arrow| arrow.from == node)
    }

    /// How many nodes there are.
    pub(super) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is a node of a kind.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.nodes.iter().any(|node| node.0 == kind)
    }

    /// As a diagram.
    pub(super) fn chart(&self) -> String {
        let nodes: Vec<_> = self.nodes.iter().copied().collect();
        let arrows: Vec<_> = self.arrows.iter().copied().collect();
        flowchart(&nodes, &arrows)
    }
}
