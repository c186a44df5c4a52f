use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::missing::program;
use crate::{Missing, Process, free_port};

/// How a Redis server of a test is set up.
#[derive(Clone, Debug, Default)]
pub struct RedisSettings {
    settings: Vec<(String, String)>,
}

impl RedisSettings {
    /// Appends to a file and syncs it before each answer.
    pub fn new() -> Self {
        Self::default().set("appendonly", "yes").set("appendfsync", "always")
    }

    /// Another setting, or another value.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A Redis server of its own.
#[derive(Debug)]
pub struct Redis {
    program: PathBuf,
    settings: RedisSettings,
    folder: TempDir,
    port: u16,
    /// `None`: it was killed.
    process: Option<Process>,
}

impl Redis {
    /// A server that syncs every write.
    ///
    /// # Errors
    /// [`Missing`] if `redis-server` is not installed.
    pub fn start() -> Result<Self, Missing> {
        Self::with(RedisSettings::new())
    }

    /// A server with these settings.
    ///
    /// # Errors
    /// [`Missing`] if `redis-server` is not installed.
    ///
    /// # Panics
    /// If it does not start.
    pub fn with(settings: RedisSettings) -> Result<Self, Missing> {
        let program = program("redis-server", &[])?;
        let (folder, port) = (TempDir::new().unwrap(), free_port());
        let mut redis = Self { program, settings, folder, port, process: None };
        redis.start_again();
        Ok(redis)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port of the loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it was set up with; nothing where that was not said.
    pub fn setting(&self, name: &str) -> String {
        let found = self.settings.settings.iter().find(|(setting, _)| setting == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Where it keeps its append-only files.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("appendonlydir")
    }

    /// Its process.
    ///
    /// # Panics
    /// If it was killed.
    pub fn process(&self) -> &Process {
        self.process.as_ref().unwrap()
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Starts it on the same port and folder, after it was killed.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_again(&mut self) {
        self.kill();
        let mut command = Command::new(&self.program);
        command.args(["--bind", "127.0.0.1", "--save", "", "--port", &self.port.to_string()]);
        command.arg("--dir").arg(self.folder.path());
        for (name, value) in &self.settings.settings {
            command.arg(format!("--{name}")).args(value.split(' '));
        }
        command.stdout(Stdio::null());
        let port = self.port;
        self.process = Some(Process::start(&mut command, || {
            ask(port, &["PING"]).is_some_and(|answer| answer.starts_with("+PONG"))
        }));
    }

    /// Sends it one command; the first line of its answer.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn ask(&self, command: &[&str]) -> String {
        ask(self.port, command).unwrap()
    }

    /// Copies its files as they are now.
    ///
    /// # Panics
    /// If that fails.
    pub fn copy(&self) -> TempDir {
        let copy = TempDir::new().unwrap();
        copy_files(&self.files(), copy.path());
        copy
    }

    /// Kills it, puts such a copy in the place of its files, and starts it again.
    ///
    /// # Panics
    /// If that fails.
    pub fn restore(&mut self, copy: &Path) {
        self.kill();
        fs::remove_dir_all(self.files()).unwrap();
        fs::create_dir(self.files()).unwrap();
        copy_files(copy, &self.files());
        self.start_again();
    }
}

/// A sentinel of its own, which alone decides on a failover.
#[derive(Debug)]
pub struct Sentinel {
    /// It writes into its configuration.
    _folder: TempDir,
    port: u16,
    _process: Process,
}

impl Sentinel {
    /// Watches this server under a name, and takes it for dead after half a second.
    ///
    /// # Errors
    /// [`Missing`] if `redis-server` is not installed.
    ///
    /// # Panics
    /// If it does not start.
    pub fn of(server: &Redis, name: &str) -> Result<Self, Missing> {
        let program = program("redis-server", &[])?;
        let (folder, port) = (TempDir::new().unwrap(), free_port());
        let file = folder.path().join("sentinel.conf");
        let watched = server.port;
        let settings = format!(
            "bind 127.0.0.1\nport {port}\ndir {}\nsentinel monitor {name} 127.0.0.1 {watched} 1\n\
             sentinel down-after-milliseconds {name} 500\nsentinel failover-timeout {name} 5000\n",
            folder.path().display()
        );
        fs::write(&file, settings).unwrap();
        let mut command = Command::new(program);
        command.arg(&file).arg("--sentinel").stdout(Stdio::null());
        // Without knowing a replica it could not fail over.
        let process = Process::start(&mut command, || {
            ask(port, &["SENTINEL", "REPLICAS", name]).is_some_and(|answer| answer == "*1")
        });
        Ok(Self { _folder: folder, port, _process: process })
    }

    /// Its port of the loopback.
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn copy_files(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn ask(port: u16, command: &[&str]) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut request = format!("*{}\r\n", command.len());
    for part in command {
        request.push_str(&format!("${}\r\n{part}\r\n", part.len()));
    }
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).ok()?;
    Some(answer.trim_end().to_owned())
}
