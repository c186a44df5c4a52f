//! The identity of a log, which the server does not give it: an event of ours in a stream of its own,
//! written by whoever connects first.

use bytes::Bytes;
use factum_core::store::{LogId, StoreError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entry::Entry;
use crate::link::{Link, Raw, ReadFrom};
use crate::names::LOG;
use crate::writer::Writer;

const EVENT_TYPE: &str = "factum.log";
/// The format of the events that this code writes.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Identity {
    log: LogId,
    format: u32,
}

/// The log's identity; it is given one if it has none.
///
/// # Errors
/// [`StoreError::Open`] if something else is in its place.
pub(crate) async fn log(link: &Link, writer: &Writer) -> Result<LogId, StoreError> {
    if let Some(log) = read(link).await? {
        return Ok(log);
    }
    let written = write(writer).await;
    // Somebody else may have been faster, or the answer may have been lost.
    match (read(link).await?, written) {
        (Some(log), _) => Ok(log),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => Err(refuse(link, "it has no events though one was appended".to_owned())),
    }
}

async fn write(writer: &Writer) -> Result<(), StoreError> {
    let identity = Identity { log: LogId::fresh(), format: FORMAT };
    let data = serde_json::to_vec(&identity).map_err(|error| StoreError::Open {
        place: format!("stream {LOG}"),
        reason: error.to_string(),
    })?;
    let entry = Entry {
        id: Uuid::new_v4(),
        event_type: EVENT_TYPE.to_owned(),
        data: data.into(),
        metadata: Bytes::from_static(b"{}"),
    };
    writer.append(LOG, None, std::iter::once(&entry)).await.map(|_| ())
}

async fn read(link: &Link) -> Result<Option<LogId>, StoreError> {
    let events = link.read_stream(LOG, ReadFrom::Start, 1).await?;
    events.first().map(|event| identity(link, event)).transpose()
}

fn identity(link: &Link, event: &Raw) -> Result<LogId, StoreError> {
    let identity: Identity = serde_json::from_slice(&event.data).map_err(|error| {
        refuse(link, format!("its first event does not identify a log of factum ({error})"))
    })?;
    if identity.format != FORMAT {
        let format = identity.format;
        return Err(refuse(
            link,
            format!(
                "the log has format {format}, and this code reads format {FORMAT}: use a newer factum"
            ),
        ));
    }
    Ok(identity.log)
}

fn refuse(link: &Link, reason: String) -> StoreError {
    StoreError::Open { place: format!("stream {LOG} of {}", link.place()), reason }
}
