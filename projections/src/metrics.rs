//! What projections tell of themselves by the crate [`metrics`](https://docs.rs/metrics), feature
//! `metrics`.
//!
//! Each has the labels `view` (its name), `build` (version and build, as in `2.0`) and `slice`. They
//! change once a commit, never once an event. A recorder has to be installed before the app starts; a
//! slice that is given up keeps its last values, with [`OWNED`] 0.
//!
//! | name | kind | what |
//! |---|---|---|
//! | `factum_projection_position` | gauge | the position up to which everything is taken in |
//! | `factum_projection_lag_seconds` | gauge | how old the newest event was when it was taken in; 0 once it has caught up. It stands still while nothing is taken in: alarms had better be on `App::status` or `App::health`, which look at the log |
//! | `factum_projection_events_total` | counter | events that the slice went through, parked ones among them; each slice goes through all that the projection listens to |
//! | `factum_projection_commits_total` | counter | commits of rows or of a checkpoint |
//! | `factum_projection_commit_seconds` | histogram | how long a commit took, further tries included |
//! | `factum_projection_retries_total` | counter | tries that failed and were made again |
//! | `factum_projection_parked_events` | gauge | events that are parked |
//! | `factum_projection_owned` | gauge | 1 if this process works on the slice, else 0 |
//! | `factum_projection_owner_changes_total` | counter | how often this process took the slice or gave it up |

/// The position up to which everything is taken in.
pub const POSITION: &str = "factum_projection_position";
/// How old the newest event was when it was taken in, in seconds.
pub const LAG_SECONDS: &str = "factum_projection_lag_seconds";
/// Events that the slice went through.
pub const EVENTS: &str = "factum_projection_events_total";
/// Commits of rows or of a checkpoint.
pub const COMMITS: &str = "factum_projection_commits_total";
/// How long a commit took, in seconds.
pub const COMMIT_SECONDS: &str = "factum_projection_commit_seconds";
/// Tries that failed and were made again.
pub const RETRIES: &str = "factum_projection_retries_total";
/// Events that are parked.
pub const PARKED: &str = "factum_projection_parked_events";
/// Whether this process works on the slice.
pub const OWNED: &str = "factum_projection_owned";
/// How often this process took the slice or gave it up.
pub const OWNER_CHANGES: &str = "factum_projection_owner_changes_total";
