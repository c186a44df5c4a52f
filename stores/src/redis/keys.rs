use factum_core::StreamName;
use factum_core::store::Query;

/// The keys of one log. All have the log's name as their hash tag, so that a cluster keeps them in one
/// slot and a script may touch them all.
///
/// | key | what |
/// |---|---|
/// | `{name}:log` | the log, a stream: one entry for each commit, its id the position of the commit's last event |
/// | `{name}:meta` | a hash: the log's identity, its format, and where it ends |
/// | `{name}:s:STREAM` | a list: for each revision of a stream the entry that has it |
/// | `{name}:t:TAG` | a list: the entries with an event that carries the tag |
/// | `{name}:k:XXXX` | hashes: the entry of each key, by the key's last two bytes |
/// | `{name}:snapshots:STREAM` | a hash: the newest snapshot of each shape |
/// | `{name}:views:VIEW` | a hash: the buildings of a view, `VERSION:BUILD`, and which is live, `live:VERSION` |
/// | `{name}:v:VIEW:VERSION:BUILD:state` | a hash: columns and slices of a building, and who has which slice |
/// | `{name}:v:VIEW:VERSION:BUILD:rows` | a hash: values and body of each row |
/// | `{name}:v:VIEW:VERSION:BUILD:rows:key` | a sorted set: the keys of the rows |
/// | `{name}:v:VIEW:VERSION:BUILD:rows:N` | a sorted set: the values of column *N*, each with its row's key |
/// | `{name}:v:VIEW:VERSION:BUILD:parked…` | the same of what the view parked |
///
/// Views are in the slot of their log, not in some of their own: what is known of a view changes in one
/// script with what is known of its name, and one connection reaches all.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) prefix: String,
    pub(super) log: String,
    pub(super) meta: String,
}

impl Keys {
    pub(super) fn of(name: &str) -> Self {
        let prefix = format!("{{{name}}}:");
        let (log, meta) = (format!("{prefix}log"), format!("{prefix}meta"));
        Self { prefix, log, meta }
    }

    pub(super) fn bucket(&self, key: factum_core::Key) -> String {
        let [.., high, low] = key.as_bytes();
        format!("{}k:{high:02x}{low:02x}", self.prefix)
    }

    pub(super) fn snapshots(&self, stream: &StreamName) -> String {
        format!("{}snapshots:{stream}", self.prefix)
    }

    /// The buildings of a view.
    pub(super) fn builds(&self, view: &str) -> String {
        format!("{}views:{view}", self.prefix)
    }

    /// What the keys of all buildings of a view begin with.
    pub(super) fn view(&self, view: &str) -> String {
        format!("{}v:{view}:", self.prefix)
    }

    /// The lists that have all entries which a query may match, without the prefix: for each part of
    /// the query those of which any one will do. `None`: only the log itself has them all.
    pub(super) fn lists(query: &Query) -> Option<Vec<Vec<String>>> {
        match query {
            Query::All => None,
            Query::Stream(stream) => Some(vec![vec![format!("s:{stream}")]]),
            Query::AnyOf(clauses) => clauses
                .iter()
                .map(|clause| {
                    let lists: Vec<_> =
                        clause.tags.as_slice().iter().map(|tag| format!("t:{tag}")).collect();
                    (!lists.is_empty()).then_some(lists)
                })
                .collect(),
        }
    }
}
