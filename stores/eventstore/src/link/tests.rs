use std::time::Duration;

use eventstoredb_test_server::{Faults, Server, Settings};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::*;

/// No test waits so long unless it fails.
const LIMIT: Duration = Duration::from_secs(60);

/// A server whose log outlives it, so that another can be started in its place.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) faults: Faults,
    pub(crate) server: Server,
}

impl Place {
    pub(crate) async fn start() -> Self {
        let (folder, faults) = (tempfile::tempdir().unwrap(), Faults::default());
        let server = start(&folder, 0, &faults).await;
        Self { folder, faults, server }
    }

    /// Cuts all connections, and listens at the same port again.
    pub(crate) async fn restart(self) -> Self {
        let Self { folder, faults, server } = self;
        let port = server.address().port();
        server.stop().await;
        let server = start(&folder, port, &faults).await;
        Self { folder, faults, server }
    }

    pub(crate) fn link(&self) -> Link {
        Link::new(&self.server.url()).unwrap()
    }

    /// Appends events, named by their numbers.
    pub(crate) async fn append(&self, stream: &str, names: impl IntoIterator<Item = u32>) {
        append(&self.server, stream, names).await;
    }
}

async fn start(folder: &TempDir, port: u16, faults: &Faults) -> Server {
    let file = Some(folder.path().join("log"));
    Server::start(Settings { port, file, ..Settings::default() }, faults.clone()).await.unwrap()
}

/// A client of its own: the link does not append.
fn client(server: &Server) -> Client {
    Client::new(format!("{}&discoveryInterval=1", server.url()).parse().unwrap()).unwrap()
}

pub(crate) async fn append(server: &Server, stream: &str, names: impl IntoIterator<Item = u32>) {
    let client = client(server);
    let events: Vec<_> = names
        .into_iter()
        .map(|name| eventstore::EventData::json(name.to_string(), &name).unwrap())
        .collect();
    client.append_to_stream(stream, &Default::default(), events).await.unwrap();
}

pub(crate) fn names(events: &[Raw]) -> Vec<u32> {
    events.iter().map(|event| event.event_type.parse().unwrap()).collect()
}

pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.expect("it takes too long")
}

/// A port at which nobody listens.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn in_background(link: &Link, stream: &'static str) -> JoinHandle<Result<read::Batch, StoreError>> {
    let link = link.clone();
    tokio::spawn(async move { link.read_stream(stream, ReadFrom::Start, 10).await })
}

#[tokio::test]
async fn a_stream_is_read_from_each_place_in_each_direction() {
    let place = Place::start().await;
    place.append("a-1", 0..6).await;
    let link = place.link();
    let cases = [
        (ReadFrom::Start, 3, vec![0, 1, 2]),
        (ReadFrom::Start, 0, vec![]),
        (ReadFrom::Start, 100, vec![0, 1, 2, 3, 4, 5]),
        (ReadFrom::End, 2, vec![5, 4]),
        (ReadFrom::Forward(2), 2, vec![2, 3]),
        (ReadFrom::Forward(6), 2, vec![]),
        (ReadFrom::Backward(2), 2, vec![2, 1]),
    ];
    for (from, count, expected) in cases {
        let events = link.read_stream("a-1", from, count).await.unwrap();
        assert_eq!(names(&events), expected, "{from:?}");
    }
    let event = &link.read_stream("a-1", ReadFrom::Forward(4), 1).await.unwrap()[0];
    assert_eq!((event.stream.as_str(), event.revision, &*event.data), ("a-1", 4, &b"4"[..]));
    assert!(event.is_json);
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_empty() {
    let place = Place::start().await;
    let link = place.link();
    for from in [ReadFrom::Start, ReadFrom::End, ReadFrom::Forward(7), ReadFrom::Backward(7)] {
        assert!(link.read_stream("none", from, 5).await.unwrap().is_empty());
    }
}

/// How large events are is not known before they are read.
#[tokio::test]
async fn of_large_events_few_are_read_at_once() {
    let place = Place::start().await;
    let client = client(&place.server);
    let large = "x".repeat(1_000_000);
    for name in 0..10 {
        let event = eventstore::EventData::json(name.to_string(), &large).unwrap();
        client.append_to_stream("a-1", &Default::default(), event).await.unwrap();
    }
    let link = place.link();
    let first = link.read_stream("a-1", ReadFrom::Start, 1000).await.unwrap();
    assert_eq!((names(&first), first.more), (vec![0, 1, 2, 3, 4], true));
    let rest = link.read_stream("a-1", ReadFrom::Forward(7), 1000).await.unwrap();
    assert_eq!((names(&rest), rest.more), (vec![7, 8, 9], false));
    let all = link.read_all(ReadFrom::End, 1000).await.unwrap();
    assert_eq!((names(&all), all.more), (vec![9, 8, 7, 6, 5], true));
}

#[tokio::test]
async fn all_is_read_from_a_position() {
    let place = Place::start().await;
    place.append("a-1", 0..3).await;
    place.append("b-1", 3..5).await;
    let link = place.link();
    let all = link.read_all(ReadFrom::Start, 100).await.unwrap();
    let own = all.iter().filter(|event| !event.stream.starts_with('$'));
    let own: Vec<_> = own.cloned().collect();
    assert_eq!(names(&own), [0, 1, 2, 3, 4]);
    assert!(own.is_sorted_by(|one, next| one.position < next.position));
    let from = link.read_all(ReadFrom::Forward(own[2].position), 2).await.unwrap();
    assert_eq!(names(&from), [2, 3]);
    let before = link.read_all(ReadFrom::Backward(own[2].position), 2).await.unwrap();
    assert_eq!(names(&before), [1, 0]);
    assert_eq!(names(&link.read_all(ReadFrom::End, 1).await.unwrap()), [4]);
}

#[tokio::test]
async fn a_read_that_begins_before_the_server_ends_well() {
    let port = free_port();
    let link = Link::new(&format!("esdb://127.0.0.1:{port}?tls=false")).unwrap();
    let reading = in_background(&link, "a-1");
    let one = Link::new(&format!("esdb://127.0.0.1:{port}?tls=false&defaultDeadline=1")).unwrap();
    let refused = one.read_stream("a-1", ReadFrom::Start, 1).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    let settings = Settings { port, ..Settings::default() };
    let server = Server::start(settings, Faults::default()).await.unwrap();
    append(&server, "a-1", [7]).await;
    assert!(within(reading).await.unwrap().is_ok());
    assert_eq!(names(&link.read_stream("a-1", ReadFrom::Start, 1).await.unwrap()), [7]);
}

/// Without a new client, the second call fails as the first did.
#[tokio::test]
async fn a_call_after_one_that_could_not_connect_has_another_client() {
    let port = free_port();
    let address = format!("esdb://127.0.0.1:{port}?tls=false&defaultDeadline=4000");
    let link = Link::new(&address).unwrap();
    let error = within(link.read_stream("a-1", ReadFrom::Start, 1)).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("cannot connect"), "{error}");
    let settings = Settings { port, ..Settings::default() };
    let server = Server::start(settings, Faults::default()).await.unwrap();
    append(&server, "a-1", [7]).await;
    assert_eq!(names(&link.read_stream("a-1", ReadFrom::Start, 1).await.unwrap()), [7]);
}

#[tokio::test]
async fn a_read_goes_on_when_its_connections_are_reset() {
    let place = Place::start().await;
    place.append("a-1", [7]).await;
    let link = place.link();
    place.faults.refuse_connects(3);
    assert_eq!(names(&link.read_stream("a-1", ReadFrom::Start, 1).await.unwrap()), [7]);
}

#[tokio::test]
async fn a_read_goes_on_after_a_restart_at_the_same_port() {
    let place = Place::start().await;
    place.append("a-1", [7]).await;
    let link = place.link();
    assert_eq!(names(&link.read_stream("a-1", ReadFrom::Start, 1).await.unwrap()), [7]);
    let place = place.restart().await;
    assert_eq!(names(&link.read_stream("a-1", ReadFrom::Start, 1).await.unwrap()), [7]);
    drop(place);
}

/// The client's connection ends with the runtime it was made in.
#[test]
fn a_link_outlives_a_runtime() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let servers = runtime();
    let place = servers.block_on(Place::start());
    servers.block_on(place.append("a-1", [7]));
    let link = place.link();
    for _ in 0..2 {
        let read = runtime().block_on(within(link.read_stream("a-1", ReadFrom::Start, 1)));
        assert_eq!(names(&read.unwrap()), [7]);
    }
}

#[tokio::test]
async fn a_read_ends_within_its_deadline() {
    let place = Place::start().await;
    place.faults.delay(LIMIT * 2);
    let link = Link::new(&format!("{}&defaultDeadline=200", place.server.url())).unwrap();
    let error = within(link.read_stream("a-1", ReadFrom::Start, 1)).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("did not answer"), "{error}");
}

#[tokio::test]
async fn a_leader_elsewhere_is_asked_instead() {
    let (place, leader) = (Place::start().await, Place::start().await);
    leader.append("a-1", [7]).await;
    place.faults.not_leader(1, "127.0.0.1", leader.server.address().port());
    let link = place.link();
    assert_eq!(names(&link.read_stream("a-1", ReadFrom::Start, 1).await.unwrap()), [7]);
}

#[tokio::test]
async fn what_the_client_panics_about_is_an_error() {
    let place = Place::start().await;
    place.append("a-1", [7]).await;
    let link = place.link();
    let call = link.repeat(|_, _| async { panic!("no id") as eventstore::Result<()> });
    let error = call.await.unwrap_err().into_store(link.place());
    assert!(error.is_transient() && error.to_string().contains("no id"), "{error}");
    assert_eq!(names(&link.read_stream("a-1", ReadFrom::Start, 1).await.unwrap()), [7]);
}

#[tokio::test]
async fn calls_can_be_sent_to_other_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let link = Link::new("esdb://127.0.0.1:1?tls=false&defaultDeadline=1").unwrap();
    is_send(link.read_stream("a-1", ReadFrom::Start, 1)).await.unwrap_err();
    is_send(link.read_all(ReadFrom::Start, 1)).await.unwrap_err();
}

#[tokio::test]
async fn a_client_that_could_not_connect_is_replaced() {
    let port = free_port();
    let address = format!("esdb://127.0.0.1:{port}?tls=false");
    let link = Link::new(&address).unwrap();
    let Inner { address, clients, .. } = &*link.0;
    let info = async || clients.with(&address.settings, async |it| it.server_info().await).await;
    let fault = within(info()).await.unwrap_err();
    assert!(fault.into_store(link.place()).to_string().contains("cannot connect"));
    let faults = Faults::default();
    faults.refuse_connects(1);
    let _server = Server::start(Settings { port, ..Settings::default() }, faults).await.unwrap();
    within(info()).await.unwrap_err();
    within(info()).await.unwrap();
}
