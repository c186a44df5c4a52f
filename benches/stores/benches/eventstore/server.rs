//! The test server, in a process of its own: this program, started again.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use eventstoredb_test_server::{Faults, Server, Settings};
use factum_benches::Result;
use factum_benches::report::line;

/// The argument that makes this program a server.
pub(crate) const CHILD: &str = "--serve";

/// A server that ends with this value.
pub(crate) struct Served {
    process: Child,
    url: String,
}

impl Served {
    pub(crate) fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(CHILD).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut served = Self { process: command.spawn()?, url: String::new() };
        let says = served.process.stdout.take().ok_or("the server has no output")?;
        BufReader::new(says).read_line(&mut served.url)?;
        served.url.truncate(served.url.trim_end().len());
        if served.url.is_empty() { Err("the server did not start".into()) } else { Ok(served) }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It ends as nobody holds its input any more.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Serves, says where, and ends with its input.
pub(crate) async fn child() -> Result<()> {
    let server = Server::start(Settings::default(), Faults::default()).await?;
    line(&server.url());
    tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop)).await?;
    server.stop().await;
    Ok(())
}
