//! What the tests kill, pause and stop: `app LOG VIEWS`, `rebuild LOG PACE`, `node LOG NAME` or
//! `write LOG WRITER COMMITS`. It tells what happens in lines, and takes what it is asked in lines.

mod program;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    tokio::runtime::Runtime::new()?.block_on(async {
        match words[..] {
            ["app", log, views] => program::app(log, views).await,
            ["rebuild", log, pace] => program::rebuild(log, pace.parse()?).await,
            ["node", log, name] => program::node(log, name).await,
            ["write", log, writer, commits] => {
                program::write(log, writer.parse()?, commits.parse()?).await
            }
            _ => Err("one of `app`, `rebuild`, `node` and `write`, and what it needs".into()),
        }
    })
}
