//! The command line.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use eventstoredb_test_server::{Faults, Settings};

/// How the server is called.
pub(crate) const USAGE: &str = "\
usage: eventstoredb-test-server [--port N] [--file F] [--version V] [--max-append-size BYTES]
                                [--max-event-size BYTES] [--recent-ids N] [--refuse-connects N] [--drop-replies N]
                                [--not-leader N HOST:PORT] [--delay-ms N]
                                [--end-subscriptions-after EVENTS]";

/// What the command line says.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) settings: Settings,
    pub(crate) faults: FirstFaults,
}

/// The faults that the server starts with.
#[derive(Debug, Default)]
pub(crate) struct FirstFaults {
    refuse_connects: u32,
    drop_replies: u32,
    not_leader: Option<(u32, String, u16)>,
    delay: Duration,
    end_subscriptions_after: u64,
}

impl Arguments {
    /// What `words` say; none if they ask for help.
    ///
    /// # Errors
    ///
    /// With what is wrong with them.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut words = words;
        let mut arguments = Self::default();
        while let Some(flag) = words.next() {
            if flag == "--help" {
                return Ok(None);
            }
            arguments.take(&flag, &mut words)?;
        }
        Ok(Some(arguments))
    }

    fn take(&mut self, flag: &str, words: &mut impl Iterator<Item = String>) -> Result<(), String> {
        let Self { settings, faults } = self;
        match flag {
            "--port" => settings.port = value(flag, words)?,
            "--file" => settings.file = Some(value(flag, words)?),
            "--version" => settings.version = value(flag, words)?,
            "--max-append-size" => settings.max_append_size = value(flag, words)?,
            "--max-event-size" => settings.max_event_size = value(flag, words)?,
            "--recent-ids" => settings.recent_ids = value(flag, words)?,
            "--refuse-connects" => faults.refuse_connects = value(flag, words)?,
            "--drop-replies" => faults.drop_replies = value(flag, words)?,
            "--delay-ms" => faults.delay = Duration::from_millis(value(flag, words)?),
            "--end-subscriptions-after" => faults.end_subscriptions_after = value(flag, words)?,
            "--not-leader" => {
                let count = value(flag, words)?;
                let leader: String = value(flag, words)?;
                let (host, port) = leader.split_once(':').unwrap_or((&leader, "2113"));
                let port = port.parse().map_err(|error| format!("{flag}: {port}: {error}"))?;
                faults.not_leader = Some((count, host.to_owned(), port));
            }
            unknown => return Err(format!("there is no option {unknown}")),
        }
        Ok(())
    }
}

impl FirstFaults {
    /// Asks `faults` for these.
    pub(crate) fn apply(&self, faults: &Faults) {
        faults.refuse_connects(self.refuse_connects);
        faults.drop_replies(self.drop_replies);
        faults.delay(self.delay);
        faults.end_subscriptions_after(self.end_subscriptions_after);
        if let Some((count, host, port)) = &self.not_leader {
            faults.not_leader(*count, host, *port);
        }
    }
}

fn value<T>(flag: &str, words: &mut impl Iterator<Item = String>) -> Result<T, String>
where
    T: FromStr<Err: Display>,
{
    let word = words.next().ok_or_else(|| format!("{flag} has no value"))?;
    word.parse().map_err(|error| format!("{flag}: {word}: {error}"))
}
