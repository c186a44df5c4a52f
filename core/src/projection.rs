//! Projections: read models that follow the log.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::codec::{BadEvent, Form, Seen};
use crate::schema::{Docs, EventSchema};
use crate::store::{Clause, Query};
use crate::view::{ColumnSpec, Value};
use crate::{BadId, Event, Origin, event};

/// A row of a read model.
///
/// `#[derive(Projection)]` writes the impl from `#[projection(name, from(…))]`, the field marked
/// `#[key]` and those marked `#[index]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    label = "not a projection",
    note = "write `#[derive(Projection, Default, Clone, Serialize, Deserialize)]` and \
            `#[projection(name = \"…\", from(…))]` on the struct"
)]
pub trait Projection: Default + Clone + Send + Sync + 'static {
    /// The name of the view.
    const NAME: &'static str;
    /// The version of its code: a new one is built anew from the log, into rows of its own. To be
    /// raised when columns or the meaning of rows change, or rows are damaged. The rows of older
    /// versions stay in the store, where programs of that version may still use them, until somebody
    /// drops them by hand.
    const VERSION: u32;
    /// The fields that queries may name.
    const COLUMNS: &'static [ColumnSpec];

    /// The row's key.
    fn key(&self) -> Cow<'_, str>;

    /// Gives a new row its key.
    ///
    /// # Errors
    /// [`BadId`] if the key field cannot hold it.
    fn set_key(&mut self, key: &str) -> Result<(), BadId>;

    /// How a row is written and read.
    fn form() -> Form<Self>;

    /// Appends the values of [`COLUMNS`](Self::COLUMNS), in their order.
    fn values(&self, out: &mut Vec<Value>);

    /// Whether the row is to be taken out, as an event left it. The next event of its key begins a new
    /// one.
    fn is_gone(&self) -> bool {
        false
    }

    /// Lists the events that the projection follows.
    fn sources(list: &mut Sources<Self>);

    /// What the source says about it.
    fn docs() -> Docs {
        Docs::NONE
    }
}

/// A new row with this key, which a view keeps under it.
///
/// # Errors
/// [`BadId`] if the key field cannot hold the key, or writes it in another form (`7` for `007`): the
/// row could not be found by the key that it tells.
pub fn new_row<P: Projection>(key: &str) -> Result<P, BadId> {
    let mut row = P::default();
    row.set_key(key)?;
    if row.key() == key {
        return Ok(row);
    }
    Err(BadId { text: key.to_owned(), wanted: std::any::type_name::<P>() })
}

/// What an event does to a row. Pure: no I/O, no clock, no randomness.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not project `{E}`",
    label = "listed in `from(…)`, but `Project<{E}>` is missing",
    note = "write `impl Project<{E}> for {Self} {{ fn project(&mut self, event: &{E}, at: &Origin) \
            {{ match event {{ … }} }} }}`"
)]
pub trait Project<E> {
    /// Takes the event into the row. A row that is new has its key and defaults.
    fn project(&mut self, event: &E, at: &Origin);
}

/// What a function behind `by` gives: the keys of the rows that an event concerns.
#[diagnostic::on_unimplemented(
    message = "the function behind `by` gives `{Self}`, which is no list of keys",
    label = "gives no list of keys",
    note = "let it give an `Option`, an array or a `Vec` of texts: the keys of the rows that the event \
            concerns"
)]
pub trait RowKeys: 'static {
    /// A key.
    type Key: AsRef<str>;

    /// The keys.
    fn into_keys(self) -> Vec<Self::Key>;
}

#[diagnostic::do_not_recommend]
impl<K: IntoIterator<Item: AsRef<str>> + 'static> RowKeys for K {
    type Key = K::Item;

    fn into_keys(self) -> Vec<K::Item> {
        self.into_iter().collect()
    }
}

/// What an event does to one row.
pub type Change<'a, P> = dyn Fn(&mut P) + 'a;

/// Is called for each row that an event concerns, with its key and what the event does to it.
pub type Visit<'a, P> = dyn FnMut(&str, &Change<'_, P>) -> Result<(), BadId> + 'a;

type Step<P> = dyn Fn(Seen<'_>, &mut Visit<'_, P>) -> Result<(), SourceError> + Send + Sync;

/// An event could not be projected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It could not be decoded.
    #[error(transparent)]
    Event(#[from] BadEvent),
    /// Its key does not fit the key field of the row.
    #[error(transparent)]
    Key(#[from] BadId),
    /// No source of the projection knows it.
    #[error("no source of the projection knows the event")]
    NoSource,
}

/// The events that a projection follows, filled by [`Projection::sources`].
pub struct Sources<P> {
    sources: Vec<Source<P>>,
}

struct Source<P> {
    enum_type: &'static str,
    /// Whether the key of its rows is the id of the stream.
    by_stream: bool,
    contexts: Vec<&'static str>,
    schemas: fn() -> Vec<EventSchema>,
    step: Arc<Step<P>>,
}

impl<P> fmt::Debug for Sources<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contexts = self.sources.iter().flat_map(|source| &source.contexts);
        f.debug_list().entries(contexts).finish()
    }
}

impl<P: Projection> Sources<P> {
    /// The sources of the projection.
    pub fn of() -> Self {
        let mut list = Self { sources: Vec::new() };
        P::sources(&mut list);
        list
    }

    /// Follows the events of an enum, each for the row whose key is the id of its stream.
    pub fn from<E: Event>(&mut self) -> &mut Self
    where
        P: Project<E>,
    {
        self.add::<E>(
            true,
            Arc::new(|seen, row| {
                let at = &seen.recorded().at;
                seen.with(|event: &E| row(at.id(), &|state: &mut P| state.project(event, at)))??;
                Ok(())
            }),
        )
    }

    /// Follows the events of an enum, each for the rows whose keys the function gives. A row takes
    /// an event once, also if its key is given twice.
    pub fn from_keyed<E, K>(&mut self, keys: fn(&E, &Origin) -> K) -> &mut Self
    where
        E: Event,
        P: Project<E>,
        K: RowKeys,
    {
        self.add::<E>(
            false,
            Arc::new(move |seen, row| {
                let at = &seen.recorded().at;
                seen.with(|event: &E| {
                    let mut keys = keys(event, at).into_keys();
                    keys.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
                    keys.dedup_by(|a, b| a.as_ref() == b.as_ref());
                    let change = |state: &mut P| state.project(event, at);
                    keys.iter().try_for_each(|key| row(key.as_ref(), &change))
                })??;
                Ok(())
            }),
        )
    }

    /// Follows the events of an enum that carry a tag of this name, each for the row whose key is the
    /// tag's value; for several rows if it carries several.
    pub fn from_tagged<E: Event>(&mut self, tag: &'static str) -> &mut Self
    where
        P: Project<E>,
    {
        self.add::<E>(
            false,
            Arc::new(move |seen, row| {
                let at = &seen.recorded().at;
                seen.with(|event: &E| {
                    let change = |state: &mut P| state.project(event, at);
                    at.tags.values(tag).try_for_each(|key| row(key, &change))
                })??;
                Ok(())
            }),
        )
    }

    fn add<E: Event>(&mut self, by_stream: bool, step: Arc<Step<P>>) -> &mut Self {
        let (enum_type, contexts) = (std::any::type_name::<E>(), event::contexts::<E>());
        self.sources.push(Source { enum_type, by_stream, contexts, schemas: E::schemas, step });
        self
    }

    /// Whether each event is for the one row whose key is the id of its stream.
    pub fn are_by_stream(&self) -> bool {
        self.sources.iter().all(|source| source.by_stream)
    }

    /// The events that concern the projection: whole contexts, so that an event which this code does
    /// not know yet is noticed.
    pub fn query(&self) -> Query {
        let mut contexts: Vec<String> = self
            .sources
            .iter()
            .flat_map(|source| &source.contexts)
            .map(|c| (*c).to_owned())
            .collect();
        contexts.sort_unstable();
        contexts.dedup();
        // A clause without contexts would mean every event.
        let none = contexts.is_empty();
        let clause = Clause { contexts, ..Clause::default() };
        Query::AnyOf(if none { Vec::new() } else { vec![clause] })
    }

    /// The contexts that it follows, each with the Rust type of the enum that decodes its events.
    pub fn contexts(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let of = |source: &Source<P>| (source.contexts.clone(), source.enum_type);
        let each = |(contexts, owner): (Vec<_>, _)| contexts.into_iter().map(move |c| (c, owner));
        self.sources.iter().map(of).flat_map(each)
    }

    /// Describes the events that it knows.
    pub fn schemas(&self) -> Vec<EventSchema> {
        self.sources.iter().flat_map(|source| (source.schemas)()).collect()
    }

    /// Takes one event into the rows that it concerns: `row` is called with the key of each and what
    /// to do to it.
    ///
    /// # Errors
    /// [`SourceError`] if the event cannot be decoded, a key does not fit, or no source knows it.
    pub fn project(&self, seen: Seen<'_>, row: &mut Visit<'_, P>) -> Result<(), SourceError> {
        let context = seen.recorded().name.context();
        let mut known = false;
        for source in self.sources.iter().filter(|source| source.contexts.contains(&context)) {
            (source.step)(seen, row)?;
            known = true;
        }
        if known { Ok(()) } else { Err(SourceError::NoSource) }
    }

    /// The keys of the rows that an event concerns, each once.
    ///
    /// # Errors
    /// [`SourceError`] if the event cannot be decoded, or no source knows it.
    pub fn keys(&self, seen: Seen<'_>) -> Result<Vec<String>, SourceError> {
        let mut keys = Vec::new();
        self.project(seen, &mut |key, _| {
            if !keys.iter().any(|known| known == key) {
                keys.push(key.to_owned());
            }
            Ok(())
        })?;
        Ok(keys)
    }
}
