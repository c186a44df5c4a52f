//! The event store on EventStoreDB, which is called KurrentDB since version 25.
//!
//! *Problem.* The server appends to one stream at a time, knows neither tags nor keys of commits, takes
//! an append of ids that it has for done without telling, and its client makes each call wait.
//!
//! *Invariant.* Each append goes to an exact revision, and no two send the same ids: so the server stores
//! it as what it was decided on, or says that the stream has gone on. A commit whose key is among the
//! newest events of its stream ([`EventStoreDbOptions::keys`]) is known again, also by another process.
//!
//! *Shape.* Commits go by the lane of their stream, those that wait together in one append; what is
//! remembered of a stream saves reading it, and an append that succeeds proves it right. Queries by
//! stream read the stream, all others the log, and leave out what they do not mean: so a query by tags
//! or names costs as much as the log is long. Tails follow the log by one subscription each.
//!
//! *What is where.* A stream and an event are called there as they are here; a name that begins with `$`
//! or `~` gets a `~` before it. The payload is the event's data, all else its metadata: correlation and
//! causation where the server's own projections look for them, the rest under `factum`. The first who
//! connects writes the log's identity to the stream `factum-log`. Events without `factum` in their
//! metadata are others' and left out of all reads; in a stream of ours they count as revisions and
//! conflict with nothing.
//!
//! *What it cannot do* is refused by name: commits of several streams, guards, and so aggregates with a
//! `boundary`. It keeps neither snapshots nor rows of views. A run over several streams becomes an append
//! for each, at the same time, which are not durable together.
//!
//! *What operators do to streams.* Events that `$maxCount`, `$maxAge` or `$tb` hide are not read by stream,
//! their keys are not known, and the stream goes on. One that was deleted softly has no events, but who
//! remembers where it ended appends there, which the server takes. Where events were scavenged, a mark of
//! one of them counts as rewound. A tombstone ends a stream for ever.
//!
//! The user of the address has to be able to read `$all`: on a secured server a member of `$admins`, or
//! one whom its access rules let.

mod append;
mod competing;
mod entry;
mod hints;
mod judge;
mod known;
mod lane;
mod lanes;
mod link;
mod marks;
mod memory;
mod meta;
mod names;
mod options;
mod read;
mod setup;
mod shared;
mod store;
mod tail;
mod writer;

pub use competing::{Competing, CompetingConsumer, Delivery};
pub use options::EventStoreDbOptions;
pub use store::EventStoreDb;
