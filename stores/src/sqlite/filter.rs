use std::collections::HashMap;

use factum_core::store::{Clause, Query};
use rusqlite::{Connection, Row};

use super::names::Names;
use super::row::{Unread, column, integer, tags_of};

/// Tells which rows a query means, by looking at each name once.
pub(super) struct Filter<'a> {
    conn: &'a Connection,
    names: &'a Names,
    clauses: Option<&'a [Clause]>,
    by_name: HashMap<i64, ByName<'a>>,
}

/// What the name of an event decides.
enum ByName<'a> {
    /// Whether it is meant.
    Decided(bool),
    /// One of these decides by the tags.
    Tags(Vec<&'a Clause>),
}

impl<'a> Filter<'a> {
    /// The filter for a query that is not by stream.
    pub(super) fn new(conn: &'a Connection, names: &'a Names, query: &'a Query) -> Self {
        let clauses = match query {
            Query::AnyOf(clauses) => Some(&**clauses),
            Query::All | Query::Stream(_) => None,
        };
        Self { conn, names, clauses, by_name: HashMap::new() }
    }

    /// Whether the event of the row is meant.
    pub(super) fn matches(&mut self, row: &Row<'_>) -> Result<bool, Unread> {
        let Some(clauses) = self.clauses else { return Ok(true) };
        let id = integer(row, column::NAME, "name")?;
        let by_name = match self.by_name.entry(id) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let name = self.names.name(self.conn, id)?.map_err(Unread::Damaged)?;
                let Some(name) = name.event else {
                    return Err(Unread::Damaged(format!("{:?} is not an event's name", name.text)));
                };
                let named = clauses.iter().filter(|clause| clause.matches_name(&name));
                let named: Vec<&Clause> = named.collect();
                entry.insert(if named.iter().any(|clause| clause.tags.is_empty()) {
                    ByName::Decided(true)
                } else if named.is_empty() {
                    ByName::Decided(false)
                } else {
                    ByName::Tags(named)
                })
            }
        };
        match by_name {
            ByName::Decided(meant) => Ok(*meant),
            ByName::Tags(clauses) => {
                let tags = tags_of(row)?;
                Ok(clauses.iter().any(|clause| tags.contain_all(&clause.tags)))
            }
        }
    }
}
