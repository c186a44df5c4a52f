use std::collections::HashMap;

use factum_core::codec::{Decoded, Seen};
use factum_core::store::{Mark, Position, Recorded};
use hashlink::DefaultHashBuilder;

/// What one read of the log gave, made once and looked at by every consumer: its events in the order
/// of the log, and where those of each context are.
pub(crate) struct Page {
    events: Vec<Recorded>,
    /// Of each event, which group it is in, and its place there.
    places: Vec<(u32, u32)>,
    /// In the order of their contexts.
    groups: Vec<Group>,
    to: Mark,
    caught_up: bool,
    bytes: usize,
}

/// The events of one context.
struct Group {
    context: Box<str>,
    /// Their places in the page.
    events: Vec<u32>,
    decoded: Option<Decoded>,
}

impl Page {
    /// `to` is how far the log is known with the events, `caught_up` whether that was all of it. The
    /// decoded events of the contexts that are shared are kept for those who come later.
    pub(crate) fn new(
        events: Vec<Recorded>,
        to: Mark,
        caught_up: bool,
        is_shared: impl Fn(&str) -> bool,
    ) -> Self {
        let bytes = events.iter().map(|event| event.payload.len()).sum();
        let (places, mut groups) = grouped(&events);
        for group in &mut groups {
            let shared = is_shared(&group.context);
            group.decoded = shared.then(|| Decoded::new(group.events.len()));
        }
        Self { events, places, groups, to, caught_up, bytes }
    }

    /// How many events there are, of whatever context.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The bytes of their payloads.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How far the log is known with this page.
    pub(crate) fn to(&self) -> Mark {
        self.to
    }

    /// Whether that was all of it.
    pub(crate) fn caught_up(&self) -> bool {
        self.caught_up
    }

    /// The mark of a position, if this page has it.
    pub(crate) fn mark_at(&self, position: Position) -> Option<Mark> {
        if self.to.position == position {
            return Some(self.to);
        }
        let at = self.events.binary_search_by_key(&position, |event| event.at.position).ok()?;
        self.events.get(at).map(|event| event.at.mark())
    }

    /// Appends the events of these contexts after a position, in the order of the log.
    pub(crate) fn select<'a>(
        &'a self,
        contexts: &[String],
        after: Position,
        out: &mut Vec<Seen<'a>>,
    ) {
        let mut wanted: Vec<usize> = contexts.iter().filter_map(|c| self.group(c)).collect();
        let newer = |seen: &Seen<'_>| seen.recorded().at.position > after;
        if let [one] = *wanted {
            let Some(group) = self.groups.get(one) else { return };
            let own = group.events.iter().enumerate();
            let seen = own.filter_map(|(at, event)| self.seen(*event as usize, group, at));
            return out.extend(seen.filter(newer));
        }
        wanted.sort_unstable();
        let seen = self.places.iter().enumerate().filter_map(|(event, (group, at))| {
            let group = *group as usize;
            let wanted = wanted.len() == self.groups.len() || wanted.binary_search(&group).is_ok();
            let group = self.groups.get(group).filter(|_| wanted)?;
            self.seen(event, group, *at as usize)
        });
        out.extend(seen.filter(newer));
    }

    fn group(&self, context: &str) -> Option<usize> {
        self.groups.binary_search_by(|group| (*group.context).cmp(context)).ok()
    }

    fn seen<'a>(&'a self, event: usize, group: &'a Group, at: usize) -> Option<Seen<'a>> {
        let event = self.events.get(event)?;
        Some(match &group.decoded {
            Some(decoded) => Seen::shared(event, decoded, at),
            None => Seen::alone(event),
        })
    }
}

/// Which group each event is in and its place there, and the groups.
fn grouped(events: &[Recorded]) -> (Vec<(u32, u32)>, Vec<Group>) {
    let mut by_context: HashMap<&str, usize, DefaultHashBuilder> = HashMap::default();
    let (mut groups, mut places) = (Vec::<Group>::new(), Vec::with_capacity(events.len()));
    let mut newest = None;
    for (place, event) in events.iter().enumerate() {
        let context = event.name.context();
        let at = match newest {
            // Neighbours are often of one context.
            Some((newest, at)) if newest == context => at,
            _ => *by_context.entry(context).or_insert(groups.len()),
        };
        newest = Some((context, at));
        if at == groups.len() {
            groups.push(Group { context: context.into(), events: Vec::new(), decoded: None });
        }
        if let Some(group) = groups.get_mut(at) {
            places.push((at as u32, group.events.len() as u32));
            group.events.push(place as u32);
        }
    }
    if groups.len() > 1 {
        groups.sort_unstable_by(|one, other| one.context.cmp(&other.context));
        for (at, group) in groups.iter().enumerate() {
            for event in &group.events {
                if let Some((group, _)) = places.get_mut(*event as usize) {
                    *group = at as u32;
                }
            }
        }
    }
    (places, groups)
}
