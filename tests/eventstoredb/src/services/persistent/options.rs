//! What a client asks a group to be.

use tonic::Status;

use super::given;
use crate::errors::invalid;
use crate::filter::Filter;
use crate::groups::{
    Begin, Entry, GroupSettings, Key, Source, Strategy, bad_settings, next_number,
};
use crate::services::convert::name_of;
use crate::store::Store;
use crate::wire::persistent_subscriptions::group_req::all_start::{Filtering, From as AllFrom};
use crate::wire::persistent_subscriptions::group_req::{AllStart, options::Source as Asked};
use crate::wire::persistent_subscriptions::settings::{
    CheckpointAfter, MessageTimeout, OldStrategy,
};
use crate::wire::persistent_subscriptions::{
    GroupReq, Settings, delete_req, get_info_req, list_req, read_req, replay_parked_req,
};
use crate::wire::stream_start::From as StreamFrom;
use crate::wire::{FilterOptions, StreamStart};

const TICKS_PER_MILLISECOND: i64 = 10_000;
/// The revision by which old clients say that a group starts at the end.
const OLD_END: u64 = u64::MAX;

/// Where a group starts, and how `GetInfo` says it.
type Start = (Source, Begin, String);

/// The group that a client asks for.
pub(super) fn entry(store: &Store, request: GroupReq) -> Result<Entry, Status> {
    let options = given(request.options)?;
    let wire = options.settings.ok_or_else(|| invalid("the settings are missing"))?;
    let group = options.group_name;
    let mut filter = None;
    let (source, begin, start_from) = match options.source {
        Some(Asked::Stream(stream)) => stream_start(store, stream, &group)?,
        Some(Asked::All(all)) => {
            filter = filter_of(&all)?;
            all_start(store, &all, &group)?
        }
        None => {
            let from = match wire.revision {
                OLD_END => StreamFrom::End(()),
                revision => StreamFrom::Revision(revision),
            };
            let stream_identifier = options.old_stream_identifier;
            stream_start(store, StreamStart { stream_identifier, from: Some(from) }, &group)?
        }
    };
    let settings = settings(&wire, source.name(), &group)?;
    Ok(Entry { key: Key { source, group }, settings, begin, start_from, filter })
}

fn stream_start(store: &Store, start: StreamStart, group: &str) -> Result<Start, Status> {
    let stream = name_of(start.stream_identifier)?;
    let (begin, text) = match start.from {
        Some(StreamFrom::Start(())) => (0, "0".to_owned()),
        Some(StreamFrom::Revision(number)) => (number, number.to_string()),
        Some(StreamFrom::End(())) => (store.read(|log| next_number(log, &stream)), "-1".to_owned()),
        None => return Err(invalid("the revision to start from is missing")),
    };
    if i64::try_from(begin).is_err() {
        return Err(bad_settings(&stream, group, "the revision to start from is negative"));
    }
    Ok((Source::Stream(stream), Begin::Number(begin), text))
}

fn all_start(store: &Store, all: &AllStart, group: &str) -> Result<Start, Status> {
    let (begin, text) = match &all.from {
        Some(AllFrom::Start(())) => (Begin::At(0), "C:0/P:0".to_owned()),
        Some(AllFrom::Position(position)) => {
            let (commit, prepare) = (position.commit_position, position.prepare_position);
            let is_there = store.read(|log| log.index_of(commit).is_ok() && commit < log.end());
            if prepare > commit || !is_there {
                return Err(bad_settings("$all", group, "there is no such position"));
            }
            (Begin::At(commit), format!("C:{commit}/P:{prepare}"))
        }
        // The next event will be the one that says that this group was made.
        Some(AllFrom::End(())) => {
            (Begin::After(store.read(|log| log.end())), "C:-1/P:-1".to_owned())
        }
        None => return Err(invalid("the position to start from is missing")),
    };
    Ok((Source::All, begin, text))
}

fn filter_of(all: &AllStart) -> Result<Option<FilterOptions>, Status> {
    match &all.filtering {
        Some(Filtering::Filter(filter)) => {
            Filter::parse(filter).map_err(invalid)?;
            Ok(Some(filter.clone()))
        }
        Some(Filtering::NoFilter(())) | None => Ok(None),
    }
}

fn settings(wire: &Settings, stream: &str, group: &str) -> Result<GroupSettings, Status> {
    let milliseconds =
        |ticks: i64| i32::try_from(ticks / TICKS_PER_MILLISECOND).unwrap_or(i32::MAX);
    if wire.read_batch_size >= wire.history_buffer_size {
        let reason = "the read batch has to be smaller than the history buffer";
        return Err(bad_settings(stream, group, reason));
    }
    Ok(GroupSettings {
        resolve_links: wire.resolve_links,
        extra_statistics: wire.extra_statistics,
        message_timeout: match wire.message_timeout {
            Some(MessageTimeout::MessageTimeoutMs(time)) => time,
            Some(MessageTimeout::MessageTimeoutTicks(ticks)) => milliseconds(ticks),
            None => 0,
        },
        max_retry_count: wire.max_retry_count,
        checkpoint_after: match wire.checkpoint_after {
            Some(CheckpointAfter::CheckpointAfterMs(time)) => time,
            Some(CheckpointAfter::CheckpointAfterTicks(ticks)) => milliseconds(ticks),
            None => 0,
        },
        min_checkpoint_count: wire.min_checkpoint_count,
        max_checkpoint_count: wire.max_checkpoint_count,
        max_subscriber_count: wire.max_subscriber_count,
        live_buffer_size: wire.live_buffer_size,
        read_batch_size: wire.read_batch_size,
        history_buffer_size: wire.history_buffer_size,
        strategy: strategy(wire)
            .ok_or_else(|| bad_settings(stream, group, "there is no such consumer strategy"))?,
    })
}

fn strategy(wire: &Settings) -> Option<Strategy> {
    if !wire.consumer_strategy.is_empty() {
        return Strategy::parse(&wire.consumer_strategy);
    }
    match OldStrategy::try_from(wire.old_strategy).ok()? {
        OldStrategy::DispatchToSingle => Some(Strategy::DispatchToSingle),
        OldStrategy::RoundRobin => Some(Strategy::RoundRobin),
        OldStrategy::Pinned => Some(Strategy::Pinned),
    }
}

/// Each request says its source by a type of its own.
macro_rules! sources {
    ($($parse:ident: $wire:path, $stream:ident;)*) => {$(
        pub(super) fn $parse(source: Option<$wire>) -> Result<Source, Status> {
            use $wire as Wire;
            match source {
                Some(Wire::$stream(name)) => name_of(Some(name)).map(Source::Stream),
                Some(Wire::All(())) => Ok(Source::All),
                None => Err(invalid("the source is missing: a stream, or $all")),
            }
        }
    )*};
}

sources! {
    of_delete: delete_req::options::Source, StreamIdentifier;
    of_info: get_info_req::options::Source, StreamIdentifier;
    of_replay: replay_parked_req::options::Source, StreamIdentifier;
    of_read: read_req::options::Source, StreamIdentifier;
    of_list: list_req::source::Source, Stream;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::convert::identifier_of;
    use crate::wire::LogPosition;
    use crate::wire::persistent_subscriptions::group_req::Options;

    fn settings() -> Settings {
        Settings { read_batch_size: 20, history_buffer_size: 500, ..Settings::default() }
    }

    fn request(settings: Settings, source: Option<Asked>) -> GroupReq {
        let options = Options {
            old_stream_identifier: Some(identifier_of("s")),
            group_name: "g".to_owned(),
            settings: Some(settings),
            source,
        };
        GroupReq { options: Some(options) }
    }

    fn entry_of(settings: Settings, source: Option<Asked>) -> Result<Entry, Status> {
        let store = Store::open(0, None).unwrap();
        let event = crate::model::Proposed::system("t", "");
        store.append("s", crate::model::Expected::Any, vec![event]).unwrap();
        entry(&store, request(settings, source))
    }

    fn failure(entry: Result<Entry, Status>) -> String {
        let status = entry.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Internal);
        assert_eq!(status.metadata().get("exception").unwrap(), "persistent-subscription-failed");
        status.message().to_owned()
    }

    #[test]
    fn an_old_client_names_stream_start_and_strategy_in_the_settings() {
        let old_strategy = OldStrategy::RoundRobin.into();
        let old = Settings { revision: OLD_END, old_strategy, ..settings() };
        let entry = entry_of(old, None).unwrap();
        assert_eq!(entry.key.source, Source::Stream("s".to_owned()));
        assert_eq!((entry.begin, entry.start_from.as_str()), (Begin::Number(1), "-1"));
        assert_eq!(entry.settings.strategy, Strategy::RoundRobin);
    }

    #[test]
    fn times_are_ticks_or_milliseconds() {
        let wire = Settings {
            message_timeout: Some(MessageTimeout::MessageTimeoutTicks(20_000)),
            checkpoint_after: Some(CheckpointAfter::CheckpointAfterMs(7)),
            ..settings()
        };
        let settings = entry_of(wire, None).unwrap().settings;
        assert_eq!((settings.message_timeout, settings.checkpoint_after), (2, 7));
    }

    #[test]
    fn settings_with_which_no_group_can_be_are_refused() {
        let strategy = Settings { consumer_strategy: "Fastest".to_owned(), ..settings() };
        assert!(failure(entry_of(strategy, None)).contains("strategy"));
        let batch = Settings { read_batch_size: 500, ..settings() };
        assert!(failure(entry_of(batch, None)).contains("read batch"));
        let negative = Settings { revision: u64::MAX - 1, ..settings() };
        assert!(failure(entry_of(negative, None)).contains("negative"));
    }

    #[test]
    fn a_group_on_all_starts_where_an_event_is() {
        let at = |commit_position, prepare_position| {
            let position = LogPosition { commit_position, prepare_position };
            let from = Some(AllFrom::Position(position));
            entry_of(settings(), Some(Asked::All(AllStart { from, filtering: None })))
        };
        assert!(failure(at(1 << 40, 1 << 40)).contains("position"));
        assert!(failure(at(0, 1)).contains("position"));
        assert_eq!(at(0, 0).unwrap().begin, Begin::At(0));
    }
}
