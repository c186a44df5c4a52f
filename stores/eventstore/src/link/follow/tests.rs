use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll};

use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinHandle;

use super::*;
use crate::link::tests::{Place, append, free_port, names, within};

type Delivered = Receiver<Result<Pushed, StoreError>>;

/// Counts how often a future is polled.
struct Counted<F>(Pin<Box<F>>, Arc<AtomicU64>);

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.1.fetch_add(1, SeqCst);
        self.0.as_mut().poll(context)
    }
}

fn counted(link: &Link) -> (Delivered, Arc<AtomicU64>, JoinHandle<()>) {
    let (push, pushed) = mpsc::channel(1);
    let polls = Arc::default();
    let following = Following::new(link.clone(), None, push);
    let task = tokio::spawn(Counted(Box::pin(following.run()), Arc::clone(&polls)));
    (pushed, polls, task)
}

async fn next(pushed: &mut Delivered) -> Pushed {
    within(pushed.recv()).await.expect("it goes on").unwrap()
}

/// The next events, until there are `count`.
async fn events(pushed: &mut Delivered, count: usize) -> Vec<Raw> {
    let mut events = Vec::new();
    while events.len() < count {
        if let Pushed::Events(more) = next(pushed).await {
            events.extend(more);
        }
    }
    events
}

async fn caught_up(pushed: &mut Delivered) {
    while !matches!(next(pushed).await, Pushed::CaughtUp) {}
}

#[tokio::test]
async fn what_is_stored_comes_first_and_then_what_is_new() {
    let place = Place::start().await;
    place.append("a-1", 0..200).await;
    place.append("$own", [900]).await;
    place.append("b-1", 200..203).await;
    let mut pushed = place.link().follow(None);
    let stored = events(&mut pushed, 203).await;
    assert_eq!(names(&stored), Vec::from_iter(0..203));
    assert!(matches!(next(&mut pushed).await, Pushed::CaughtUp));
    place.append("a-1", [203]).await;
    place.append("$own", [901]).await;
    place.append("b-1", [204]).await;
    assert_eq!(names(&events(&mut pushed, 2).await), [203, 204]);
    // It is the same event as a read has.
    let last =
        place.link().read_stream("a-1", crate::link::ReadFrom::Backward(150), 1).await.unwrap();
    assert_eq!(*last, stored[150..151]);
}

#[tokio::test]
async fn it_begins_after_a_position() {
    let place = Place::start().await;
    place.append("a-1", 0..4).await;
    let all = events(&mut place.link().follow(None), 4).await;
    let mut pushed = place.link().follow(Some(all[1].position));
    assert_eq!(names(&events(&mut pushed, 2).await), [2, 3]);
}

/// With the client's subscription this test does not end: the first end takes the thread for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_in_order_is_got_over_and_nothing_spins() {
    let place = Place::start().await;
    let (mut pushed, polls, _task) = counted(&place.link());
    for name in 0..20 {
        caught_up(&mut pushed).await;
        place.append("a-1", [name]).await;
        assert_eq!(names(&events(&mut pushed, 1).await), [name]);
        place.faults.end_subscriptions();
    }
    let polls = polls.load(SeqCst);
    assert!(polls < 20 * 100, "{polls} polls for 20 subscriptions");
}

#[tokio::test]
async fn a_server_that_always_ends_subscriptions_is_followed_to_the_end() {
    let place = Place::start().await;
    place.append("a-1", 0..20).await;
    place.faults.end_subscriptions_after(3);
    let mut pushed = place.link().follow(None);
    assert_eq!(names(&events(&mut pushed, 20).await), Vec::from_iter(0..20));
}

#[tokio::test]
async fn cut_connections_lose_nothing_and_repeat_nothing() {
    let mut place = Place::start().await;
    let mut pushed = place.link().follow(None);
    let mut got = Vec::new();
    for name in (0..30).step_by(10) {
        place.append("a-1", name..name + 10).await;
        // The connection is cut in the middle of what it has to deliver, at its end, or before it.
        got.extend(events(&mut pushed, usize::try_from(name / 10).unwrap()).await);
        place = place.restart().await;
    }
    got.extend(events(&mut pushed, 30 - got.len()).await);
    assert_eq!(names(&got), Vec::from_iter(0..30));
}

#[tokio::test]
async fn connections_that_are_reset_are_made_again() {
    let place = Place::start().await;
    place.append("a-1", [7]).await;
    place.faults.refuse_connects(3);
    assert_eq!(names(&events(&mut place.link().follow(None), 1).await), [7]);
}

#[tokio::test]
async fn a_checkpoint_is_where_the_next_subscription_begins() {
    let place = Place::start().await;
    place.append("a-1", [0]).await;
    place.append("$own", 0..1000).await;
    let (link, (push, mut pushed)) = (place.link(), mpsc::channel(100));
    let mut following = Following::new(link.clone(), None, push);
    let mut attempts = Attempts::new(link.clone());
    let subscribed = async {
        let end = following.subscribe(&mut attempts).await;
        assert!(matches!(end, End::Clean));
        following.after.map(|after| after.position)
    };
    let ended = async {
        caught_up(&mut pushed).await;
        place.faults.end_subscriptions();
    };
    let (after, ()) = within(async { tokio::join!(subscribed, ended) }).await;
    let last = &link.read_all(crate::link::ReadFrom::End, 1).await.unwrap()[0];
    assert_eq!((last.stream.as_str(), after), ("$own", Some(last.position)));
}

#[tokio::test]
async fn following_begins_before_the_server() {
    let port = free_port();
    let link = Link::new(&format!("esdb://127.0.0.1:{port}?tls=false")).unwrap();
    let mut pushed = link.follow(None);
    let error =
        Link::new(&format!("esdb://127.0.0.1:{port}?tls=false&defaultDeadline=50")).unwrap();
    error.read_all(crate::link::ReadFrom::Start, 1).await.unwrap_err();
    let settings = eventstoredb_test_server::Settings { port, ..Default::default() };
    let faults = eventstoredb_test_server::Faults::default();
    let server = eventstoredb_test_server::Server::start(settings, faults).await.unwrap();
    append(&server, "a-1", [7]).await;
    assert_eq!(names(&events(&mut pushed, 1).await), [7]);
}

#[tokio::test]
async fn a_leader_elsewhere_is_followed() {
    let (place, leader) = (Place::start().await, Place::start().await);
    leader.append("a-1", [7]).await;
    place.faults.not_leader(1, "127.0.0.1", leader.server.address().port());
    assert_eq!(names(&events(&mut place.link().follow(None), 1).await), [7]);
}

#[tokio::test]
async fn of_several_nodes_one_that_is_there_is_followed() {
    let place = Place::start().await;
    place.append("a-1", [7]).await;
    let (dead, alive) = (free_port(), place.server.address().port());
    let address = format!("esdb://127.0.0.1:{dead},127.0.0.1:{alive}?tls=false");
    let mut pushed = Link::new(&address).unwrap().follow(None);
    assert_eq!(names(&events(&mut pushed, 1).await), [7]);
}

#[tokio::test]
async fn following_ends_with_its_receiver() {
    let place = Place::start().await;
    let (mut pushed, _, task) = counted(&place.link());
    caught_up(&mut pushed).await;
    drop(pushed);
    within(task).await.unwrap();
    place.faults.delay(std::time::Duration::from_secs(1000));
    let (pushed, _, task) = counted(&place.link());
    drop(pushed);
    within(task).await.unwrap();
}

#[tokio::test]
async fn what_lasts_is_said_once() {
    let address = format!("esdb://127.0.0.1:{}?tlsCaFile=/does/not/exist", free_port());
    let mut pushed = Link::new(&address).unwrap().follow(None);
    let error = within(pushed.recv()).await.unwrap().unwrap_err().to_string();
    assert!(error.starts_with("cannot open esdb://127.0.0.1:"), "{error}");
    assert!(error.contains("/does/not/exist"), "{error}");
    assert!(within(pushed.recv()).await.is_none());
}
