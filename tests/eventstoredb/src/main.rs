//! Runs the server until it is stopped:
//! `cargo run -p eventstoredb-test-server -- --port N [--file F]`.

mod arguments;

use std::io::{self, Write};
use std::process::ExitCode;

use arguments::Arguments;
use eventstoredb_test_server::{Faults, Server};

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => match run(arguments).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string()),
        },
        Ok(None) => {
            let _ = writeln!(io::stdout(), "{}", arguments::USAGE);
            ExitCode::SUCCESS
        }
        Err(error) => fail(&format!("{error}\n{}", arguments::USAGE)),
    }
}

async fn run(arguments: Arguments) -> io::Result<()> {
    let faults = Faults::default();
    arguments.faults.apply(&faults);
    let mut server = Server::start(arguments.settings, faults).await?;
    let mut out = io::stdout();
    writeln!(out, "listening on port {}", server.address().port())?;
    out.flush()?;
    tokio::select! {
        () = server.wait() => Ok(()),
        stopped = tokio::signal::ctrl_c() => stopped,
    }
}

fn fail(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::FAILURE
}
