//! Where the leader is: by gossip, and by a node that is not it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use eventstoredb_test_server::{Faults, Server, Settings};
use kurrentdb::{Client, Error, EventData};

async fn server() -> (Server, Faults) {
    let faults = Faults::default();
    (Server::start(Settings::default(), faults.clone()).await.unwrap(), faults)
}

fn client(hosts: &str) -> Client {
    let url = format!("esdb://{hosts}?tls=false&discoveryInterval=1&gossipTimeout=2000");
    Client::new(url.parse().unwrap()).unwrap()
}

fn event() -> EventData {
    EventData::json("e", &serde_json::json!({})).unwrap()
}

async fn has_stream(hosts: &str) -> bool {
    let client = client(hosts);
    let mut read = client.read_stream("s", &Default::default()).await.unwrap();
    read.next().await.is_ok()
}

#[tokio::test]
async fn a_client_with_several_hosts_asks_for_the_leader() {
    let (server, _) = server().await;
    let address = server.address();
    let client = client(&format!("{address},{address}"));
    client.append_to_stream("s", &Default::default(), event()).await.unwrap();
    assert!(has_stream(&address.to_string()).await);
}

#[tokio::test]
async fn a_client_that_is_told_of_the_leader_goes_there() {
    let (follower, faults) = server().await;
    let (leader, _) = server().await;
    let address = leader.address();
    let client = client(&follower.address().to_string());
    faults.not_leader(1, &address.ip().to_string(), address.port());
    let told = client.append_to_stream("s", &Default::default(), event()).await.unwrap_err();
    assert!(matches!(told, Error::NotLeaderException(_)), "{told:?}");
    client.append_to_stream("s", &Default::default(), event()).await.unwrap();
    assert!(has_stream(&address.to_string()).await);
    assert!(!has_stream(&follower.address().to_string()).await);
}
