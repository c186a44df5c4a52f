use factum_core::Timestamp;
use factum_core::store::{Expected, Metadata, NewEvent};

use super::*;

fn commit(meta: Metadata) -> Commit {
    let event = |name, tags: &[&str]| NewEvent {
        name: EventName::fixed(name),
        version: 3,
        tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
        payload: r#"{"n":1}"#.into(),
    };
    let events = vec![event("thing.made", &["a:\"b\"", "c:d"]), event("$thing.moved", &[])];
    let stream = StreamName::new("$ce-thing").unwrap();
    let writes = vec![StreamWrite { stream, expected: Expected::Any, events }];
    Commit { key: Key::from_bytes([7; 16]), meta, writes, guard: None, views: Vec::new() }
}

fn full() -> Metadata {
    Metadata {
        time: Timestamp::from_micros(-7),
        correlation: Some(Uuid::from_bytes([1; 16])),
        causation: Some(Uuid::from_bytes([2; 16])),
        actor: Some("Zoë \"the\" admin\n".into()),
        command: Some(CommandMark { name: "thing.do".into(), digest: u64::MAX }),
        headers: [("x".to_owned(), "\0é".to_owned())].into_iter().collect(),
    }
}

/// What the server would give back.
fn raw(entry: &Entry, revision: u64) -> Raw {
    Raw {
        id: entry.id,
        stream: names::on_server("$ce-thing").into_owned(),
        revision,
        position: 1000 + revision,
        event_type: entry.event_type.clone(),
        is_json: true,
        data: entry.data.clone(),
        custom_metadata: entry.metadata.clone(),
    }
}

fn log() -> LogId {
    LogId::from_bytes([9; 16])
}

fn sent(meta: Metadata, stamp: u64) -> Vec<Raw> {
    let commit = commit(meta);
    let entries = entries(&commit, &commit.writes[0], Stamp::new(stamp)).unwrap();
    (0..).zip(&entries).map(|(at, entry)| raw(entry, at)).collect()
}

#[test]
fn events_come_back() {
    let key = Key::from_bytes([7; 16]);
    let same = Metadata { correlation: Some(key.uuid()), ..Metadata::default() };
    for meta in [Metadata::default(), full(), same] {
        let commit = commit(meta);
        for (index, raw) in sent(commit.meta.clone(), 5).iter().enumerate() {
            let (new, back) = (&commit.writes[0].events[index], recorded(raw, log()).unwrap());
            let back = back.unwrap();
            assert_eq!((&back.name, back.version, &back.payload), (&new.name, 3, &new.payload));
            assert_eq!((&back.at.tags, &back.at.meta), (&new.tags, &commit.meta));
            assert_eq!((back.at.key, back.at.index as usize), (key, index));
            assert_eq!(&*back.at.stream, "$ce-thing");
            assert_eq!(mark(raw, log()), Some(back.at.mark()));
            assert_eq!(back.at.stamp, Stamp::new(5));
        }
    }
}

#[test]
fn the_form_is_pinned() {
    let first = &sent(full(), 0xabc)[0];
    let metadata = std::str::from_utf8(&first.custom_metadata).unwrap();
    assert_eq!(
        metadata,
        r#"{"$correlationId":"01010101-0101-0101-0101-010101010101","$causationId":"02020202-0202-0202-0202-020202020202","factum":{"version":3,"tags":["a:\"b\"","c:d"],"key":"07070707-0707-0707-0707-070707070707","index":0,"of":2,"stamp":"abc","time":-7,"correlated":true,"actor":"Zoë \"the\" admin\n","command":{"name":"thing.do","digest":"ffffffffffffffff"},"headers":{"x":"\u0000é"}}}"#
    );
    let names: Vec<_> = sent(full(), 1).into_iter().map(|raw| raw.event_type).collect();
    assert_eq!(names, ["thing.made", "~$thing.moved"]);
}

#[test]
fn no_two_appends_send_the_same_ids() {
    let ids = |stamp| sent(full(), stamp).into_iter().map(|raw| raw.id).collect::<Vec<_>>();
    assert!(ids(1).iter().all(|id| !ids(2).contains(id)));
}

#[test]
fn events_of_others_are_nobodys() {
    let ours = &sent(full(), 1)[0];
    for metadata in ["", "{}", "no json", "[1]", r#"{"$correlationId":"x"}"#] {
        let raw = Raw { custom_metadata: metadata.into(), ..ours.clone() };
        assert!(recorded(&raw, log()).is_none() && mark(&raw, log()).is_none(), "{metadata}");
    }
    for stream in ["$stats", names::LOG] {
        assert!(recorded(&Raw { stream: stream.to_owned(), ..ours.clone() }, log()).is_none());
    }
}

#[test]
fn a_damaged_event_is_named() {
    let ours = &sent(full(), 1)[0];
    let text = std::str::from_utf8(&ours.custom_metadata).unwrap();
    let broken = [
        Raw {
            custom_metadata: text.replace("\"stamp\":\"1\"", "\"stamp\":\"x\"").into(),
            ..ours.clone()
        },
        Raw { custom_metadata: text.replace("\"of\":2,", "").into(), ..ours.clone() },
        Raw { custom_metadata: text.replace("c:d", "cd").into(), ..ours.clone() },
        Raw { custom_metadata: r#"{"factum":7}"#.into(), ..ours.clone() },
        Raw { event_type: "happened".to_owned(), ..ours.clone() },
    ];
    for raw in broken {
        let error = recorded(&raw, log()).unwrap().unwrap_err();
        let StoreError::CorruptEvent { stream, revision: 0, position, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((&**stream, position.number()), ("$ce-thing", 1000));
    }
}
