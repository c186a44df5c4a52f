use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long a server may take to answer: generous, as a test's time limit is no measurement.
const PATIENCE: Duration = Duration::from_secs(60);

/// A port of the loopback that nobody listened on a moment ago.
///
/// # Panics
/// If there is none.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A process that was started here. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts it and waits until `ready` says so.
    ///
    /// # Panics
    /// If it cannot be started, ends, or is not ready in time.
    pub fn start(command: &mut Command, mut ready: impl FnMut() -> bool) -> Self {
        let mut process = Self { child: command.spawn().unwrap() };
        let begun = Instant::now();
        while !ready() {
            if let Some(status) = process.child.try_wait().unwrap() {
                panic!("{command:?} ended: {status}");
            }
            assert!(begun.elapsed() < PATIENCE, "{command:?} is not ready");
            std::thread::sleep(Duration::from_millis(10));
        }
        process
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once (SIGKILL), and waits until it is gone.
    ///
    /// # Panics
    /// If that fails.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it where it is (SIGSTOP); it keeps its connections.
    ///
    /// # Panics
    /// If that fails.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets a paused one go on.
    ///
    /// # Panics
    /// If that fails.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Asks it to end with a signal, and waits until it has.
    ///
    /// # Panics
    /// If that fails.
    pub fn end(&mut self, signal: &str) {
        self.signal(signal);
        self.child.wait().unwrap();
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().unwrap();
        assert!(sent.success(), "{signal} to {id}: {sent}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
