//! What leads to what in an app.

use std::collections::BTreeSet;

use super::flowchart::{Kind, Node, flowchart};
use crate::schema::{AggregateSchema, Description, EventSchema};

/// Nodes and arrows, by kind and name.
#[derive(Debug, Default)]
pub(super) struct Flow<'a> {
    nodes: BTreeSet<Node<'a>>,
    arrows: BTreeSet<(Node<'a>, Node<'a>)>,
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
        flow
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
        self.nodes.extend([from, to]);
        self.arrows.insert((from, to));
    }

    /// Without commands, and without the events between aggregates and projections.
    pub(super) fn overview(&self) -> Self {
        let mut overview = Self::default();
        let kept = |node: &Node<'_>| !matches!(node.0, Kind::Command | Kind::Event);
        overview.nodes.extend(self.nodes.iter().copied().filter(kept));
        for (from, to) in &self.arrows {
            match from.0 {
                Kind::Aggregate => {
                    for shown in self.views_after(*to) {
                        overview.add_arrow(*from, shown);
                    }
                }
                Kind::Foreign | Kind::Tag => overview.add_arrow(*from, *to),
                Kind::Command | Kind::Event | Kind::Projection => {}
            }
        }
        overview
    }

    /// What leads to one aggregate, and what comes of it.
    pub(super) fn around(&self, aggregate: &'a AggregateSchema) -> Self {
        let mut around = Self::default();
        around.add_aggregate(aggregate);
        for event in &aggregate.events {
            let event = (Kind::Event, event.name);
            for shown in self.views_after(event) {
                around.add_arrow(event, shown);
            }
        }
        around
    }

    /// The projections that follow an event.
    fn views_after(&self, event: Node<'a>) -> impl Iterator<Item = Node<'a>> {
        let arrows = self.arrows.iter();
        let follows =
            move |(from, to): &&(Node<'a>, Node<'a>)| *from == event && to.0 == Kind::Projection;
        arrows.filter(follows).map(|(_, to)| *to)
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
