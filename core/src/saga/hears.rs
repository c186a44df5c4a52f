use std::fmt;
use std::sync::Arc;

use super::{React, Reaction, Saga};
use crate::codec::{self, BadEvent};
use crate::schema::EventSchema;
use crate::store::Recorded;
use crate::{Context, Event, Origin, event};

/// Where an event goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The id of the instance.
    pub instance: String,
    /// Whether the instance begins with it, should there be none.
    pub starts: bool,
}

/// The events that a saga hears, filled by [`Saga::hears`].
pub struct Hears<S> {
    sources: Vec<Source<S>>,
}

/// An event that the code cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The id of the instance that it goes to, where that can be told without reading it.
    pub instance: Option<String>,
    /// Why it cannot be read.
    pub bad: BadEvent,
}

type Find = dyn Fn(&Recorded) -> Result<Option<Route>, Unreadable> + Send + Sync;
type Told<S> = fn(&mut S, &Recorded, &Context) -> Result<Reaction<S>, BadEvent>;

struct Source<S> {
    enum_type: &'static str,
    contexts: Vec<&'static str>,
    /// The variants that an instance begins with, as they are called in Rust.
    starts: &'static [&'static str],
    schemas: fn() -> Vec<EventSchema>,
    find: Arc<Find>,
    react: Told<S>,
}

impl<S> fmt::Debug for Hears<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contexts = self.sources.iter().flat_map(|source| &source.contexts);
        f.debug_list().entries(contexts).finish()
    }
}

/// Which events of an enum an instance begins with.
pub struct Starts<E> {
    /// The variants, as they are called in Rust.
    pub variants: &'static [&'static str],
    /// Whether an event is one of them.
    pub is_one: fn(&E) -> bool,
}

impl<E> Starts<E> {
    /// None of them.
    pub fn never() -> Self {
        Self { variants: &[], is_one: |_| false }
    }
}

impl<E> fmt::Debug for Starts<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Starts").field(&self.variants).finish()
    }
}

impl<S: Saga> Hears<S> {
    /// What the saga hears.
    pub fn of() -> Self {
        let mut list = Self { sources: Vec::new() };
        S::hears(&mut list);
        list
    }

    /// Hears the events of an enum, each in the instance whose id is the event's
    /// [correlation](Origin::correlation).
    pub fn from<E: Event>(&mut self, starts: Starts<E>) -> &mut Self
    where
        S: React<E>,
    {
        self.add_by_origin::<E>(starts, |at| Some(at.correlation().to_string()))
    }

    /// Hears those that carry a tag of this name, each in the instance whose id is the tag's value.
    pub fn from_tagged<E: Event>(&mut self, tag: &'static str, starts: Starts<E>) -> &mut Self
    where
        S: React<E>,
    {
        self.add_by_origin::<E>(starts, move |at| at.tags.value(tag).map(str::to_owned))
    }

    /// Hears those for which the function gives the id of an instance.
    pub fn from_keyed<E, K>(
        &mut self,
        key: fn(&E, &Origin) -> Option<K>,
        starts: Starts<E>,
    ) -> &mut Self
    where
        E: Event,
        S: React<E>,
        K: Into<String> + 'static,
    {
        let is_one = starts.is_one;
        let find = move |recorded: &Recorded| {
            let unreadable = |bad| Unreadable { instance: None, bad };
            let event: E = codec::decode(recorded).map_err(unreadable)?;
            let instance = key(&event, &recorded.at).map(Into::into);
            Ok(instance.map(|instance| Route { instance, starts: is_one(&event) }))
        };
        self.add::<E>(starts.variants, Arc::new(find))
    }

    fn add_by_origin<E: Event>(
        &mut self,
        starts: Starts<E>,
        id: impl Fn(&Origin) -> Option<String> + Send + Sync + 'static,
    ) -> &mut Self
    where
        S: React<E>,
    {
        let is_one = starts.is_one;
        let find = move |recorded: &Recorded| {
            let Some(instance) = id(&recorded.at) else { return Ok(None) };
            match codec::decode(recorded) {
                Ok(event) => Ok(Some(Route { instance, starts: is_one(&event) })),
                Err(bad) => Err(Unreadable { instance: Some(instance), bad }),
            }
        };
        self.add::<E>(starts.variants, Arc::new(find))
    }

    fn add<E: Event>(&mut self, variants: &'static [&'static str], find: Arc<Find>) -> &mut Self
    where
        S: React<E>,
    {
        self.sources.push(Source {
            enum_type: std::any::type_name::<E>(),
            contexts: event::contexts::<E>(),
            starts: variants,
            schemas: E::schemas,
            find,
            react: |saga, recorded, ctx| {
                let event: E = codec::decode(recorded)?;
                Ok(saga.react(&event, &recorded.at, ctx))
            },
        });
        self
    }

    /// The contexts that it hears, each with the Rust type of the enum that decodes its events.
    pub fn contexts(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let of = |source: &Source<S>| (source.contexts.clone(), source.enum_type);
        let each = |(contexts, owner): (Vec<_>, _)| contexts.into_iter().map(move |c| (c, owner));
        self.sources.iter().map(of).flat_map(each)
    }

    /// Describes the events that it hears, each with whether an instance begins with it.
    pub fn schemas(&self) -> Vec<(EventSchema, bool)> {
        let of = |source: &Source<S>| {
            let starts = source.starts;
            let marked = |schema: EventSchema| {
                let is_one = starts.contains(&schema.variant);
                (schema, is_one)
            };
            (source.schemas)().into_iter().map(marked).collect::<Vec<_>>()
        };
        self.sources.iter().flat_map(of).collect()
    }

    /// Where an event goes, if it concerns the saga.
    ///
    /// # Errors
    /// [`Unreadable`] if it cannot be decoded.
    pub fn route(&self, recorded: &Recorded) -> Result<Option<Route>, Unreadable> {
        self.source(recorded).map_or(Ok(None), |source| (source.find)(recorded))
    }

    /// Has the saga react to an event.
    ///
    /// # Errors
    /// [`BadEvent`] if it cannot be decoded.
    pub fn react(
        &self,
        saga: &mut S,
        recorded: &Recorded,
        ctx: &Context,
    ) -> Result<Reaction<S>, BadEvent> {
        match self.source(recorded) {
            Some(source) => (source.react)(saga, recorded, ctx),
            None => Ok(Reaction::default()),
        }
    }

    fn source(&self, recorded: &Recorded) -> Option<&Source<S>> {
        let context = recorded.name.context();
        self.sources.iter().find(|source| source.contexts.contains(&context))
    }
}
