//! What a read asks for.

use tonic::Status;

use crate::errors::invalid;
use crate::filter::Filter;
use crate::model::{Direction, Resolved};
use crate::services::convert::{IdForm, checked_position, name_of, position_of, recorded_event};
use crate::wire::stream_start;
use crate::wire::streams::read_req::{self, all_start, options};
use crate::wire::streams::read_resp::{Content, ReadEvent, read_event};
use crate::wire::streams::{ReadReq, ReadResp};

/// What a read asks for.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) source: Source,
    pub(super) mode: Mode,
    pub(super) shape: Shape,
}

/// What is read.
#[derive(Debug)]
pub(super) enum Source {
    Stream { name: String, from: From },
    All { from: From, filter: Option<Filter> },
}

/// Where a read starts: a number in a stream, a position in `$all`.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    Start,
    At(u64),
    End,
}

/// How long a read goes on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    Count(u64),
    Subscription,
}

/// How replies look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) direction: Direction,
    pub(super) follow_links: bool,
    /// Whether the client knows messages about the ends of streams.
    pub(super) says_ends: bool,
    id_form: IdForm,
}

impl Options {
    pub(super) fn parse(request: ReadReq) -> Result<Self, Status> {
        let options = request.options.ok_or_else(|| invalid("the options are missing"))?;
        let direction = match options.direction() {
            read_req::Direction::Forwards => Direction::Forwards,
            read_req::Direction::Backwards => Direction::Backwards,
        };
        let mode = match options.mode {
            Some(options::Mode::Count(count)) => Mode::Count(count),
            Some(options::Mode::Subscription(())) if direction == Direction::Forwards => {
                Mode::Subscription
            }
            Some(options::Mode::Subscription(())) => {
                return Err(invalid("a subscription goes forwards only"));
            }
            None => return Err(invalid("the count is missing: say how many, or subscribe")),
        };
        let filter = match options.filtering {
            Some(options::Filtering::Filter(filter)) => {
                Some(Filter::parse(&filter).map_err(invalid)?)
            }
            Some(options::Filtering::NoFilter(())) => None,
            None => return Err(invalid("the filter is missing: give one, or no_filter")),
        };
        let shape = Shape {
            direction,
            follow_links: options.resolve_links,
            says_ends: options.control.is_some_and(|control| control.compatibility >= 1),
            id_form: IdForm::parse(options.uuid_option)?,
        };
        Ok(Self { source: source(options.source, filter)?, mode, shape })
    }
}

fn source(source: Option<options::Source>, filter: Option<Filter>) -> Result<Source, Status> {
    match source {
        Some(options::Source::Stream(_)) if filter.is_some() => {
            Err(invalid("a stream cannot be filtered: read $all"))
        }
        Some(options::Source::Stream(stream)) => {
            let from = match stream.from {
                Some(stream_start::From::Revision(number)) => From::At(number),
                Some(stream_start::From::Start(())) => From::Start,
                Some(stream_start::From::End(())) => From::End,
                None => return Err(invalid("the revision to start from is missing")),
            };
            Ok(Source::Stream { name: name_of(stream.stream_identifier)?, from })
        }
        Some(options::Source::All(all)) => {
            let from = match all.from {
                Some(all_start::From::Position(position)) => From::At(checked_position(&position)?),
                Some(all_start::From::Start(())) => From::Start,
                Some(all_start::From::End(())) => From::End,
                None => return Err(invalid("the position to start from is missing")),
            };
            Ok(Source::All { from, filter })
        }
        None => Err(invalid("the source is missing: a stream, or $all")),
    }
}

impl Shape {
    /// The event as a reply.
    pub(super) fn event(self, resolved: &Resolved) -> ReadResp {
        let position = resolved.original().map(|record| record.position);
        let position = position
            .map_or(read_event::Position::NoPosition(()), read_event::Position::CommitPosition);
        reply(Content::Event(ReadEvent {
            event: resolved.event.as_ref().map(|record| recorded_event(record, self.id_form)),
            link: resolved.link.as_ref().map(|record| recorded_event(record, self.id_form)),
            position: Some(position),
        }))
    }
}

pub(super) fn reply(content: Content) -> ReadResp {
    ReadResp { content: Some(content) }
}

pub(super) fn checkpoint(position: u64) -> ReadResp {
    reply(Content::Checkpoint(position_of(position)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::streams::read_req::options::{Filtering, Mode as Asked, Source as From};
    use crate::wire::streams::read_req::{AllStart, Direction as Way};
    use crate::wire::{FilterOptions, LogPosition, UuidForm, filter_options, uuid_form};

    /// A subscription to all, from its start.
    fn valid() -> read_req::Options {
        read_req::Options {
            source: Some(From::All(AllStart { from: Some(all_start::From::Start(())) })),
            direction: Way::Forwards.into(),
            resolve_links: false,
            mode: Some(Asked::Subscription(())),
            filtering: Some(Filtering::NoFilter(())),
            uuid_option: Some(UuidForm { form: Some(uuid_form::Form::Text(())) }),
            control: None,
        }
    }

    fn stream() -> Option<From> {
        Some(From::Stream(crate::wire::StreamStart {
            stream_identifier: Some(crate::services::convert::identifier_of("s")),
            from: Some(stream_start::From::End(())),
        }))
    }

    fn filter() -> Option<Filtering> {
        let prefix = vec!["p".to_owned()];
        let on = filter_options::Expression { regex: String::new(), prefix };
        let on = Some(filter_options::On::StreamName(on));
        Some(Filtering::Filter(FilterOptions { on, ..FilterOptions::default() }))
    }

    fn is_refused(options: read_req::Options) -> bool {
        match Options::parse(ReadReq { options: Some(options) }) {
            Ok(_) => false,
            Err(status) => status.code() == tonic::Code::InvalidArgument,
        }
    }

    #[test]
    fn all_and_streams_are_read_and_subscribed_to() {
        assert!(!is_refused(valid()));
        assert!(!is_refused(read_req::Options { filtering: filter(), ..valid() }));
        assert!(!is_refused(read_req::Options { source: stream(), ..valid() }));
        let count = Some(Asked::Count(1));
        let direction = Way::Backwards.into();
        assert!(!is_refused(read_req::Options { mode: count, direction, ..valid() }));
    }

    #[test]
    fn what_is_missing_is_not_guessed() {
        assert!(is_refused(read_req::Options { source: None, ..valid() }));
        assert!(is_refused(read_req::Options { mode: None, ..valid() }));
        assert!(is_refused(read_req::Options { filtering: None, ..valid() }));
        assert!(is_refused(read_req::Options { uuid_option: None, ..valid() }));
        let nowhere = Some(From::All(AllStart { from: None }));
        assert!(is_refused(read_req::Options { source: nowhere, ..valid() }));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let backwards = Way::Backwards.into();
        assert!(is_refused(read_req::Options { direction: backwards, ..valid() }));
        let (source, filtering) = (stream(), filter());
        assert!(is_refused(read_req::Options { source, filtering, ..valid() }));
        let position = LogPosition { commit_position: 1, prepare_position: 2 };
        let all = AllStart { from: Some(all_start::From::Position(position)) };
        assert!(is_refused(read_req::Options { source: Some(From::All(all)), ..valid() }));
    }
}
