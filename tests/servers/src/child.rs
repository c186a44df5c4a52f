//! A program of a package's own, which its tests kill.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child as Process, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Far more than any wait of a test needs.
const LONG: Duration = Duration::from_secs(120);

/// A running process, which takes and tells lines. It is killed when this is dropped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    asks: Option<ChildStdin>,
    says: Receiver<String>,
    /// What it said that nobody waited for.
    unheard: Vec<String>,
}

impl Child {
    /// Starts the program with these arguments.
    ///
    /// # Panics
    /// If that fails.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (asks, out) = (process.stdin.take(), process.stdout.take().unwrap());
        let (told, says) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            // Ends with the process, or with the one who listens.
            lines.into_iter().try_for_each(|line| told.send(line))
        });
        Self { process, asks, says, unheard: Vec::new() }
    }

    /// Tells it a line.
    ///
    /// # Panics
    /// If it is gone.
    pub fn ask(&mut self, line: &str) {
        writeln!(self.asks.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits for a line that begins so, and gives what follows. Other lines are kept for later.
    ///
    /// # Panics
    /// If none comes in time.
    #[track_caller]
    pub fn hear(&mut self, begin: &str) -> String {
        if let Some(at) = self.unheard.iter().position(|line| line.starts_with(begin)) {
            return rest(&self.unheard.remove(at), begin);
        }
        loop {
            match self.says.recv_timeout(LONG) {
                Ok(line) if line.starts_with(begin) => return rest(&line, begin),
                Ok(line) => self.unheard.push(line),
                Err(error) => panic!("no {begin:?}: {error}; it said {:?}", self.unheard),
            }
        }
    }

    /// Kills it, and gives what follows in all lines that begin so and were not waited for.
    ///
    /// # Panics
    /// If it had ended by itself.
    pub fn killed(&mut self, begin: &str) -> Vec<String> {
        self.kill();
        self.unheard.extend(self.says.iter());
        self.heard(begin)
    }

    /// What follows in the lines that begin so, came, and were not waited for.
    pub fn heard(&mut self, begin: &str) -> Vec<String> {
        self.unheard.extend(self.says.try_iter());
        let lines = self.unheard.extract_if(.., |line| line.starts_with(begin));
        lines.map(|line| rest(&line, begin)).collect()
    }

    /// How many lines that begin so came, and were not waited for.
    pub fn unheard(&mut self, begin: &str) -> usize {
        self.unheard.extend(self.says.try_iter());
        self.unheard.iter().filter(|line| line.starts_with(begin)).count()
    }

    /// Kills it (SIGKILL), and waits until it is gone.
    ///
    /// # Panics
    /// If it had ended by itself.
    pub fn kill(&mut self) {
        assert_eq!(self.process.try_wait().unwrap(), None, "it ended by itself");
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Stops it where it is (SIGSTOP).
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets a paused one go on (SIGCONT).
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Waits until it has ended by itself, as nobody will ask it anything more.
    ///
    /// # Panics
    /// If that cannot be waited for.
    pub fn end(mut self) -> ExitStatus {
        self.asks = None;
        self.process.wait().unwrap()
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().unwrap();
        assert!(sent.success(), "{signal} to {id}: {sent}");
    }
}

fn rest(line: &str, begin: &str) -> String {
    line[begin.len()..].trim_start().to_owned()
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
