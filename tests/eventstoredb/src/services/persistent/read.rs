//! A client that takes part in a group.

use std::pin::Pin;

use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Status, Streaming};
use uuid::Uuid;

use super::{PersistentService, options};
use crate::connection::ConnectionInfo;
use crate::errors::invalid;
use crate::faults::EndOfSubscription;
use crate::groups::{Answer, Delivery, GroupError, Groups, Key, Membership, Newcomer};
use crate::services::convert::{IdForm, id_of, recorded_event};
use crate::wire;
use crate::wire::persistent_subscriptions::read_req::{Content as Asked, nack::Action};
use crate::wire::persistent_subscriptions::read_resp::{
    Confirmation, Content, ReadEvent, read_event,
};
use crate::wire::persistent_subscriptions::{ReadReq, ReadResp};

type Replies = Pin<Box<dyn Stream<Item = Result<ReadResp, Status>> + Send>>;

/// Makes the client a consumer, until it or the group ends it.
pub(super) async fn read(
    service: &PersistentService,
    request: Request<Streaming<ReadReq>>,
) -> Result<Replies, Status> {
    let peer = request.extensions().get::<ConnectionInfo>().map(|connection| connection.peer);
    let name = request.metadata().get("connection-name").and_then(|name| name.to_str().ok());
    let connection_name = name.unwrap_or_default().to_owned();
    let mut frames = request.into_inner();
    let options = match frames.message().await?.and_then(|frame| frame.content) {
        Some(Asked::Options(options)) => options,
        _ => return Err(invalid("the first frame has to be the options")),
    };
    let id_form = IdForm::parse(options.uuid_option)?;
    let key = Key { source: options::of_read(options.source)?, group: options.group_name };
    let about = Newcomer {
        from: peer.map(|peer| peer.to_string()).unwrap_or_default(),
        connection_name,
        buffer_size: options.buffer_size,
        end: service.faults.end_of_subscription(),
    };
    let (member, deliveries) = service.groups.join(key, about)?;
    let end = service.faults.end_of_subscription();
    tokio::spawn(take_answers(service.groups.clone(), member, frames, end));
    let replies = UnboundedReceiverStream::new(deliveries);
    Ok(Box::pin(replies.map(move |delivery| reply(delivery, id_form))))
}

/// Takes answers until the client ends the call.
async fn take_answers(
    groups: Groups,
    member: Membership,
    mut frames: Streaming<ReadReq>,
    end: EndOfSubscription,
) {
    loop {
        let frame = tokio::select! {
            frame = frames.message() => frame,
            () = end.wait() => break,
        };
        match frame.ok().flatten().and_then(|frame| frame.content) {
            Some(Asked::Ack(ack)) => {
                groups.answer(&member, &ids(ack.ids), Answer::Done, "");
            }
            Some(Asked::Nack(nack)) => {
                let answer = match nack.action() {
                    Action::Unknown | Action::Retry => Answer::Retry,
                    Action::Park => Answer::Park,
                    Action::Skip | Action::Stop => Answer::Done,
                };
                groups.answer(&member, &ids(nack.ids), answer, &nack.reason);
            }
            Some(Asked::Options(_)) | None => break,
        }
    }
    groups.leave(&member);
}

/// The ids that can be read; one that cannot is of no event that was sent.
fn ids(ids: Vec<wire::Uuid>) -> Vec<Uuid> {
    ids.into_iter().filter_map(|id| id_of(Some(id)).ok()).collect()
}

fn reply(delivery: Delivery, id_form: IdForm) -> Result<ReadResp, Status> {
    let content = match delivery {
        Delivery::Confirmed(subscription_id) => {
            Content::Confirmation(Confirmation { subscription_id })
        }
        Delivery::Event { event, retries } => {
            let position = event.original().map(|record| record.position);
            Content::Event(ReadEvent {
                event: event.event.as_ref().map(|record| recorded_event(record, id_form)),
                link: event.link.as_ref().map(|record| recorded_event(record, id_form)),
                position: Some(position.map_or(
                    read_event::Position::NoPosition(()),
                    read_event::Position::CommitPosition,
                )),
                count: Some(read_event::Count::RetryCount(retries)),
            })
        }
        Delivery::Dropped(key) => return Err(GroupError::Dropped.of(&key)),
    };
    Ok(ReadResp { content: Some(content) })
}
