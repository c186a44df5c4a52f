use bytes::Bytes;
use eventstoredb_test_server::{Faults, Server, Settings};
use uuid::Uuid;

use super::*;
use crate::link::ReadFrom;

const WITHIN: Duration = Duration::from_secs(30);

struct Place {
    server: Server,
    faults: Faults,
    link: Link,
    writer: Writer,
}

async fn place() -> Place {
    let faults = Faults::default();
    let server = Server::start(Settings::default(), faults.clone()).await.unwrap();
    let link = Link::new(&server.url()).unwrap();
    let writer = Writer::new(link.clone(), WITHIN);
    Place { server, faults, link, writer }
}

fn entry(data: &'static str) -> Entry {
    let (id, event_type) = (Uuid::new_v4(), "thing.happened".to_owned());
    Entry { id, event_type, data: data.into(), metadata: Bytes::from_static(b"{}") }
}

impl Place {
    async fn append(&self, newest: Option<u64>, entries: &[Entry]) -> Result<Answer, StoreError> {
        self.writer.append("a-1", newest, entries.iter()).await
    }

    async fn stored(&self) -> Vec<Bytes> {
        let events = self.link.read_stream("a-1", ReadFrom::Start, 100).await.unwrap();
        events.iter().map(|event| event.data.clone()).collect()
    }
}

#[tokio::test]
async fn events_are_appended_where_the_stream_ends() {
    let place = place().await;
    let [one, two, three] = ["1", "2", "3"].map(entry);
    let answer = place.append(None, &[one.clone(), two.clone()]).await.unwrap();
    assert!(matches!(answer, Answer::Stored { last: 1, .. }), "{answer:?}");
    for elsewhere in [None, Some(0), Some(2), Some(u64::MAX >> 1)] {
        let answer = place.append(elsewhere, std::slice::from_ref(&three)).await.unwrap();
        assert_eq!(answer, Answer::WrongRevision { newest: Some(1) }, "{elsewhere:?}");
    }
    let answer = place.append(Some(1), std::slice::from_ref(&three)).await.unwrap();
    let events = place.link.read_stream("a-1", ReadFrom::Start, 100).await.unwrap();
    assert_eq!(answer, Answer::Stored { last: 2, position: events[2].position });
    assert!(events.iter().map(|event| event.id).eq([one.id, two.id, three.id]));
    assert!(events.iter().all(|event| event.is_json && event.event_type == "thing.happened"));
}

#[tokio::test]
async fn a_lost_answer_leaves_the_outcome_unknown() {
    let place = place().await;
    place.faults.drop_replies(1);
    let error = place.append(None, &[entry("1")]).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    // The connection is made anew.
    let answer = place.append(Some(0), &[entry("2")]).await.unwrap();
    assert!(matches!(answer, Answer::Stored { last: 1, .. }));
    assert_eq!(place.stored().await, ["1", "2"]);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_leaves_it_unknown() {
    let place = place().await;
    let writer = Writer::new(place.link.clone(), Duration::from_millis(200));
    place.faults.delay(WITHIN);
    let error = writer.append("a-1", None, std::iter::once(&entry("1"))).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_done() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let writer =
        Writer::new(Link::new(&format!("esdb://127.0.0.1:{port}?tls=false")).unwrap(), WITHIN);
    let error = writer.append("a-1", None, std::iter::once(&entry("1"))).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    // It connects as soon as somebody does.
    let settings = Settings { port, ..Settings::default() };
    let server = Server::start(settings, Faults::default()).await.unwrap();
    writer.append("a-1", None, std::iter::once(&entry("1"))).await.unwrap();
    drop(server);
}

#[tokio::test]
async fn the_leader_is_followed() {
    let (place, leader) = (place().await, place().await);
    place.faults.not_leader(1, "127.0.0.1", leader.server.address().port());
    place.append(None, &[entry("1")]).await.unwrap();
    assert_eq!(leader.stored().await, ["1"]);
    // It stays with it.
    place.append(Some(0), &[entry("2")]).await.unwrap();
    assert_eq!(leader.stored().await, ["1", "2"]);
}

#[tokio::test]
async fn of_several_nodes_one_that_is_there_is_used() {
    let place = place().await;
    let dead = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let address = format!("esdb://{dead},{}?tls=false", place.server.address());
    let writer = Writer::new(Link::new(&address).unwrap(), WITHIN);
    writer.append("a-1", None, std::iter::once(&entry("1"))).await.unwrap();
    assert_eq!(place.stored().await, ["1"]);
}

#[tokio::test]
async fn what_is_too_large_for_the_server_is_said() {
    let faults = Faults::default();
    let settings = Settings { max_append_size: 100, ..Settings::default() };
    let server = Server::start(settings, faults).await.unwrap();
    let writer = Writer::new(Link::new(&server.url()).unwrap(), WITHIN);
    let large = Entry { data: vec![b'x'; 200].into(), ..entry("") };
    let error = writer.append("a-1", None, std::iter::once(&large)).await.unwrap_err();
    assert!(!error.outcome_unknown(), "{error}");
    assert!(error.to_string().contains("`MaxAppendSize`"), "{error}");
}

#[test]
fn an_answer_that_lacks_something_is_no_panic() {
    let writer = Writer::new(Link::new("esdb://host?tls=false").unwrap(), WITHIN);
    let success = |revision, position| AppendResp {
        result: Some(wire::Result::Success(wire::Success { revision, position })),
    };
    let at = |commit, prepare| Some(wire::Position { commit, prepare });
    let odd = [
        AppendResp { result: None },
        success(None, at(1, 1)),
        success(Some(1), None),
        success(Some(1), at(1, 2)),
        success(Some(0), at(1, 1)),
    ];
    for answer in odd {
        assert!(writer.read("a-1", Some(0), answer.clone()).is_err(), "{answer:?}");
    }
    assert!(writer.read("a-1", Some(0), success(Some(1), at(1, 1))).is_ok());
}
