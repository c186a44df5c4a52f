//! One of several processes on an aggregate: opens the store that the first argument names, takes
//! `add NUMBER` and `take NUMBER` in lines, and answers each with `done`, with `refused`, or with what
//! went wrong. The purse stays in its cache from the first command on.

use std::error::Error;
use std::io::{Write, stdin, stdout};

use factum::prelude::*;
use factum::{App, SendError};

#[derive(Event, Clone, Debug, PartialEq)]
enum PurseEvent {
    #[event("purse.added")]
    Added { coins: u64 },
    #[event("purse.taken")]
    Taken { coins: u64 },
}

#[derive(Command, Serialize, Deserialize)]
#[command("purse.add")]
struct Add {
    #[id]
    purse: String,
    coins: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("purse.take")]
struct Take {
    #[id]
    purse: String,
    coins: u64,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "purse", event = PurseEvent, error = TooFew, commands(Add, Take))]
struct Purse {
    coins: u64,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("there are {0} coins")]
struct TooFew(u64);

impl Apply<PurseEvent> for Purse {
    fn apply(&mut self, event: &PurseEvent) {
        match event {
            PurseEvent::Added { coins } => self.coins += coins,
            PurseEvent::Taken { coins } => self.coins -= coins,
        }
    }
}

impl Handle<Add> for Purse {
    fn handle(&self, cmd: &Add, _: &Context) -> Decision<Self> {
        emit(PurseEvent::Added { coins: cmd.coins })
    }
}

impl Handle<Take> for Purse {
    fn handle(&self, cmd: &Take, _: &Context) -> Decision<Self> {
        require!(self.coins >= cmd.coins, TooFew(self.coins));
        emit(PurseEvent::Taken { coins: cmd.coins })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("the store's URL")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let app = App::connect(&url).await?.aggregate::<Purse>().start().await?;
        say("ready")?;
        for asked in stdin().lines() {
            say(&obey(&app, &asked?).await?)?;
        }
        app.stop().await?;
        Ok(())
    })
}

async fn obey(app: &App, asked: &str) -> Result<String, Box<dyn Error>> {
    let (what, coins) = asked.split_once(' ').ok_or("a command and a number")?;
    let (purse, coins) = ("shared".to_owned(), coins.parse()?);
    let done = match what {
        "add" => app.send(Add { purse, coins }).await.map(|_| ()).map_err(answer),
        "take" => app.send(Take { purse, coins }).await.map(|_| ()).map_err(answer),
        _ => return Err("an unknown command".into()),
    };
    Ok(done.map_or_else(|answer| answer, |()| "done".to_owned()))
}

fn answer(error: SendError<TooFew>) -> String {
    match error {
        SendError::Rejected(TooFew(_)) => "refused".to_owned(),
        other => other.to_string(),
    }
}

/// Prints a line at once.
fn say(line: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
