//! The program, as another process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use kurrentdb::{Client, EventData};

/// Killed, not asked to stop, when this is dropped.
struct Program {
    child: Child,
    client: Client,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_eventstoredb-test-server"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("listening on port ").unwrap();
        let url = format!("esdb://127.0.0.1:{port}?tls=false&discoveryInterval=1");
        Self { child, client: Client::new(url.parse().unwrap()).unwrap() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let arguments = ["--port", "0", "--file", file.to_str().unwrap()];
    let event = EventData::json("e", &serde_json::json!({"kept": true})).unwrap();

    let program = Program::start(&arguments);
    program.client.append_to_stream("s", &Default::default(), event).await.unwrap();
    drop(program);

    let program = Program::start(&arguments);
    let mut read = program.client.read_stream("s", &Default::default()).await.unwrap();
    let kept = read.next().await.unwrap().unwrap();
    assert_eq!(kept.get_original_event().data.as_ref(), br#"{"kept":true}"#);
}

#[tokio::test]
async fn faults_can_be_asked_for_on_the_command_line() {
    let program = Program::start(&["--version", "23.10.1", "--drop-replies", "1"]);
    let info = program.client.server_info().await.unwrap();
    assert_eq!(info.version().to_string(), "23.10.1");
    let event = EventData::json("e", &serde_json::json!({})).unwrap();
    program.client.append_to_stream("s", &Default::default(), event).await.unwrap_err();
}

#[test]
fn what_is_no_option_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_eventstoredb-test-server"))
        .arg("--nonsense")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("--nonsense") && message.contains("usage:"), "{message}");
}
