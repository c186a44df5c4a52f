use bytes::Bytes;
use factum_core::StreamName;
use factum_core::snapshot::{Snapshot, SnapshotStore};
use factum_core::store::{BoxFuture, StoreError};
use redis::Value;

use super::RedisStore;
use super::marks;
use super::request::Request;
use super::scripts::Script;
use super::value::{Odd, bytes, list, number};

impl SnapshotStore for RedisStore {
    fn load(
        &self,
        stream: StreamName,
        shape: u64,
    ) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async move {
            let field = field(shape);
            let mut command = redis::cmd("HMGET");
            command.arg(self.shared.keys.snapshots(&stream));
            command.arg(&field).arg(format!("{field}:revision"));
            let answer = self.shared.ask(&Request::commands(vec![command])).await?;
            // One that cannot be read is as good as none: a snapshot is a cache.
            Ok(read(answer, stream, shape).ok())
        })
    }

    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let key = self.shared.keys.snapshots(&snapshot.stream);
            let (field, revision) = (field(snapshot.shape), snapshot.revision.to_string());
            let kept = write(&snapshot);
            let args = vec![field.as_bytes(), revision.as_bytes(), &kept];
            let request = Request::script(Script::Snapshot, vec![key.as_bytes()], args);
            self.shared.ask(&request).await.map(|_| ())
        })
    }
}

fn field(shape: u64) -> String {
    format!("{shape:016x}")
}

/// The mark, then the state.
fn write(snapshot: &Snapshot) -> Vec<u8> {
    let mut kept = marks::write(&snapshot.mark);
    kept.extend_from_slice(&snapshot.state);
    kept
}

fn read(answer: Vec<Value>, stream: StreamName, shape: u64) -> Result<Snapshot, Odd> {
    let mut parts = list(answer.into_iter().next().unwrap_or_default())?.into_iter();
    let kept = Bytes::from(bytes(parts.next().unwrap_or_default())?);
    let revision = number(&parts.next().unwrap_or_default())?;
    let (mark, state) = marks::read(&kept).ok_or(Odd)?;
    Ok(Snapshot { stream, shape, revision, mark, state: kept.slice_ref(state) })
}
