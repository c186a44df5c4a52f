use factum_core::store::Commit;
use uuid::Uuid;

/// How long a digest is.
pub(crate) const BYTES: usize = 16;

/// A digest of a commit's events, by which a repeat is known where no command tells. Stores keep it, so
/// it never changes.
pub(crate) fn of_events(commit: &Commit) -> [u8; BYTES] {
    let mut content = Vec::with_capacity(512);
    for write in &commit.writes {
        text(&mut content, &write.stream);
        for event in &write.events {
            content.push(1);
            text(&mut content, &event.name);
            content.extend(event.version.to_be_bytes());
            for tag in event.tags.as_slice() {
                content.push(2);
                text(&mut content, tag.as_str());
            }
            content.push(3);
            content.extend((event.payload.len() as u64).to_be_bytes());
            content.extend_from_slice(&event.payload);
        }
    }
    *Uuid::new_v5(&Uuid::NAMESPACE_OID, &content).as_bytes()
}

fn text(content: &mut Vec<u8>, text: &str) {
    content.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    content.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use factum_core::store::{Expected, Metadata, NewEvent, StreamWrite};
    use factum_core::{EventName, Key, StreamName, Tags};

    use super::*;

    #[test]
    fn it_is_pinned() {
        // Computed with another UUIDv5 implementation.
        let name = EventName::fixed("thing.happened");
        let event = NewEvent { name, version: 1, tags: Tags::none(), payload: "{}".into() };
        let stream = StreamName::of("thing", "a").unwrap();
        let writes = vec![StreamWrite { stream, expected: Expected::Any, events: vec![event] }];
        let key = Key::from_bytes([1; 16]);
        let commit =
            Commit { key, meta: Metadata::default(), writes, guard: None, views: Vec::new() };
        let digest = Uuid::from_bytes(of_events(&commit)).to_string();
        assert_eq!(digest, "0b7d75f6-23dd-502a-b433-247c6ad5bf0c");
    }
}
