use crate::codec::{DecodeError, EncodeError};
use crate::names::BadName;
use crate::store::NewEvent;
use crate::{Event, EventName};

/// Why an event would not come back from a store as it went in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unstorable {
    #[error("it is written as {name} version {version}, which its `TYPES` do not list")]
    NotListed { name: &'static str, version: u32 },
    #[error(transparent)]
    Name(#[from] BadName),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error("its payload is not a JSON object: {0}")]
    NotAnObject(String),
    #[error("what was written cannot be read: {problem}\npayload: {payload}")]
    Decode { problem: DecodeError, payload: String },
    #[error("read and written again it is another:\n- {first}\n+ {second}")]
    Changed { first: String, second: String },
}

/// Writes an event and reads it back, as a store and its readers do.
pub(super) fn stored<E: Event>(event: &E) -> Result<(NewEvent, E), Unstorable> {
    let kind = event.event_type();
    if !E::TYPES.contains(&kind) {
        return Err(Unstorable::NotListed { name: kind.name, version: kind.version });
    }
    let name = EventName::fixed(kind.name);
    name.check()?;
    let mut payload = Vec::new();
    event.encode(&mut payload)?;
    let fields = object(&payload)?;
    let back = E::decode(kind.name, kind.version, &payload)
        .map_err(|problem| Unstorable::Decode { problem, payload: text(&payload) })?;
    let mut again = Vec::new();
    back.encode(&mut again)?;
    // As JSON, not as bytes: a map may be written in another order.
    if back.event_type() != kind || object(&again)? != fields {
        return Err(Unstorable::Changed {
            first: format!("{} {}", kind.name, text(&payload)),
            second: format!("{} {}", back.event_type().name, text(&again)),
        });
    }
    let tags = event.tags()?;
    Ok((NewEvent { name, version: kind.version, tags, payload: payload.into() }, back))
}

fn object(payload: &[u8]) -> Result<serde_json::Map<String, serde_json::Value>, Unstorable> {
    serde_json::from_slice(payload).map_err(|_| Unstorable::NotAnObject(text(payload)))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
