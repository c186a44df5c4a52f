//! What projections and subscribers tell of themselves by the crate
//! [`metrics`](https://docs.rs/metrics), feature `metrics`.
//!
//! Each has the labels `kind` (`projection` or `subscriber`), `consumer` (its name), `build` (version and
//! build, as in `2.0`; of a subscriber always `1.0`) and `slice` (a subscriber has one, 0). What projections
//! tell changes once a commit, never once an event; what subscribers tell may change once a delivery. A
//! recorder has to be installed before the app starts; a slice that is given up keeps its last values, with
//! [`OWNED`] 0.
//!
//! | name | kind | what |
//! |---|---|---|
//! | `factum_consumer_position` | gauge | the position up to which everything is taken in: of a subscriber, done or parked |
//! | `factum_consumer_lag_seconds` | gauge | how old the newest event was when it was taken in; 0 once it has caught up. Of a subscriber the newest one up to the position: those behind one that takes long do not count. It stands still while nothing is taken in: alarms had better be on `App::status` or `App::health`, which look at the log |
//! | `factum_consumer_events_total` | counter | events that the slice went through, parked ones among them; each slice goes through all that the consumer listens to |
//! | `factum_consumer_commits_total` | counter | commits of rows or of a checkpoint |
//! | `factum_consumer_commit_seconds` | histogram | how long a commit took, further tries included |
//! | `factum_consumer_retries_total` | counter | tries that failed and were made again: commits, reads, and deliveries of a subscriber |
//! | `factum_consumer_parked_events` | gauge | events that are parked |
//! | `factum_consumer_owned` | gauge | 1 if this process works on the slice, else 0 |
//! | `factum_consumer_owner_changes_total` | counter | how often this process took the slice or gave it up |

/// The position up to which everything is taken in.
pub const POSITION: &str = "factum_consumer_position";
/// How old the newest event was when it was taken in, in seconds.
pub const LAG_SECONDS: &str = "factum_consumer_lag_seconds";
/// Events that the slice went through.
pub const EVENTS: &str = "factum_consumer_events_total";
/// Commits of rows or of a checkpoint.
pub const COMMITS: &str = "factum_consumer_commits_total";
/// How long a commit took, in seconds.
pub const COMMIT_SECONDS: &str = "factum_consumer_commit_seconds";
/// Tries that failed and were made again.
pub const RETRIES: &str = "factum_consumer_retries_total";
/// Events that are parked.
pub const PARKED: &str = "factum_consumer_parked_events";
/// Whether this process works on the slice.
pub const OWNED: &str = "factum_consumer_owned";
/// How often this process took the slice or gave it up.
pub const OWNER_CHANGES: &str = "factum_consumer_owner_changes_total";
