use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::full_disk::FullDisk;
use crate::missing::{Missing, program};
use crate::process::{Process, free_port};

/// Where Debian keeps the programs.
const FOLDERS: &str = "/usr/lib/postgresql";
/// How long the processes of a killed server may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A PostgreSQL server of its own, with one database, `postgres`, and one user of that name, who needs
/// no password. It ends when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    programs: Programs,
    folder: TempDir,
    port: u16,
    settings: Vec<String>,
    disk: Option<FullDisk>,
    process: Option<Process>,
}

/// Where the server's programs are, and who runs them.
#[derive(Clone, Debug)]
struct Programs {
    server: PathBuf,
    is_ready: PathBuf,
    init: PathBuf,
    /// The server refuses to run as root.
    user: Option<(u32, u32)>,
}

impl Postgres {
    /// Starts one that flushes nothing: fast, and as safe as any while only processes are killed.
    ///
    /// # Errors
    /// [`Missing`] if PostgreSQL is not installed.
    pub fn start() -> Result<Self, Missing> {
        Self::start_with(&["fsync=off", "full_page_writes=off"])
    }

    /// Starts one with these settings, each `name=value`.
    ///
    /// # Errors
    /// [`Missing`] if PostgreSQL is not installed.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_with(settings: &[&str]) -> Result<Self, Missing> {
        let mut server = Self::prepared(settings)?;
        server.programs.own(server.folder.path());
        server.run();
        Ok(server)
    }

    /// Starts one that flushes nothing and takes encrypted connections, too, with this certificate and
    /// its key, both PEM.
    ///
    /// # Errors
    /// [`Missing`] if PostgreSQL is not installed.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_encrypted(certificate: &str, key: &str) -> Result<Self, Missing> {
        let mut server = Self::prepared(&["fsync=off", "full_page_writes=off", "ssl=on"])?;
        fs::write(server.data().join("server.crt"), certificate).unwrap();
        let key_file = server.data().join("server.key");
        fs::write(&key_file, key).unwrap();
        fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600)).unwrap();
        server.programs.own(server.folder.path());
        server.run();
        Ok(server)
    }

    /// Starts one that flushes nothing, on a disk that can be [`full`](Self::set_full).
    ///
    /// # Errors
    /// [`Missing`] if PostgreSQL is not installed, or a C compiler.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_on_a_disk() -> Result<Self, Missing> {
        let mut server = Self::prepared(&["fsync=off", "full_page_writes=off"])?;
        server.disk = Some(FullDisk::make(server.folder.path())?);
        server.programs.own(server.folder.path());
        server.run();
        Ok(server)
    }

    /// From now on its tables can grow no more, or grow again.
    ///
    /// # Panics
    /// If it was not started [on a disk](Self::start_on_a_disk).
    pub fn set_full(&self, full: bool) {
        self.disk.as_ref().unwrap().set_full(full);
    }

    /// One with its data, in a folder that is still to be given to who runs it.
    fn prepared(settings: &[&str]) -> Result<Self, Missing> {
        let programs = Programs::find()?;
        let folder = tempfile::tempdir().unwrap();
        copy(&template(&programs), &folder.path().join("data"));
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        Ok(Self { programs, folder, port: free_port(), settings, disk: None, process: None })
    }

    /// Its address, for clients.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The port of the loopback that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&mut self) {
        let mut command = self.programs.command(&self.programs.server);
        command.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        let usual = ["shared_buffers=32MB", "max_connections=40", "log_min_messages=warning"];
        for setting in usual.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        if let Some(disk) = &self.disk {
            disk.put_under(&mut command);
        }
        let log =
            fs::File::options().append(true).create(true).open(self.folder.path().join("log"));
        command.stdout(Stdio::null()).stderr(log.unwrap());
        let mut ready = self.programs.command(&self.programs.is_ready);
        ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        self.process = Some(Process::start(&mut command, || ready.status().unwrap().success()));
    }

    /// Ends it as `kill -9` does, and waits until its processes are gone.
    ///
    /// # Panics
    /// If they do not end.
    pub fn kill(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let children = children_of(process.id());
        process.kill();
        let begun = Instant::now();
        while children.iter().any(|child| is_alive(*child)) {
            assert!(begun.elapsed() < PATIENCE, "the server's processes do not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it in good order, without waiting for its clients.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end("INT");
        }
    }

    /// Starts it again on the same port with the same data.
    ///
    /// # Panics
    /// If it runs, or cannot be started.
    pub fn restart(&mut self) {
        assert!(self.process.is_none(), "it runs");
        self.run();
    }

    /// Starts it again as a standby: it reads what a primary would send it, and writes nothing. There is
    /// no primary.
    ///
    /// # Panics
    /// If that fails.
    pub fn restart_as_standby(&mut self) {
        self.stop();
        fs::write(self.data().join("standby.signal"), "").unwrap();
        self.programs.own(self.folder.path());
        self.restart();
    }

    /// Stops all its processes where they are (SIGSTOP); they keep their connections.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets paused processes go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// To itself first, so that it starts no more.
    fn signal(&self, signal: &str) {
        let Some(process) = &self.process else { return };
        let ids = std::iter::once(process.id()).chain(children_of(process.id()));
        for id in ids {
            // A child may have ended meanwhile.
            let _ = kill(signal, id);
        }
    }

    /// Copies its data; it is stopped for that moment, and its connections are lost.
    ///
    /// # Panics
    /// If that fails.
    pub fn back_up(&mut self) -> TempDir {
        let copied = tempfile::tempdir().unwrap();
        self.stop();
        copy(&self.data(), &copied.path().join("data"));
        self.restart();
        copied
    }

    /// Puts a copy of its data in the place of its data.
    ///
    /// # Panics
    /// If that fails.
    pub fn restore(&mut self, copied: &TempDir) {
        self.stop();
        fs::remove_dir_all(self.data()).unwrap();
        copy(&copied.path().join("data"), &self.data());
        self.programs.own(self.folder.path());
        self.restart();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // At once, but taking its shared memory along. A paused one hears nothing else.
            self.process = Some(process);
            self.resume();
            process = self.process.take().unwrap();
            process.end("QUIT");
        }
    }
}

impl Programs {
    fn find() -> Result<Self, Missing> {
        let mut folders: Vec<PathBuf> = fs::read_dir(FOLDERS)
            .into_iter()
            .flatten()
            .filter_map(|version| Some(version.ok()?.path().join("bin")))
            .collect();
        folders.sort();
        folders.reverse();
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| is_of_root(&own));
        Ok(Self {
            server: program("postgres", &folders)?,
            is_ready: program("pg_isready", &folders)?,
            init: program("initdb", &folders)?,
            user: if is_root { Some(unprivileged()?) } else { None },
        })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        // A folder that everybody may enter.
        command.current_dir("/").stdin(Stdio::null());
        command
    }

    /// Gives a folder and all in it to who runs the server.
    fn own(&self, folder: &Path) {
        let Some((user, group)) = self.user else { return };
        std::os::unix::fs::chown(folder, Some(user), Some(group)).unwrap();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.own(&path);
            } else {
                std::os::unix::fs::lchown(&path, Some(user), Some(group)).unwrap();
            }
        }
    }
}

fn is_of_root(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == 0
}

/// The ids of a user who may run the server, and of the group.
fn unprivileged() -> Result<(u32, u32), Missing> {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let mut fields =
            users.lines().find(|line| line.split(':').next() == Some(name))?.split(':');
        Some((fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).ok_or(Missing("a user to run PostgreSQL"))
}

/// The data of a server that has never run: made once for a build folder, as that takes a second.
fn template(programs: &Programs) -> PathBuf {
    let built = std::env::current_exe().unwrap();
    let name = format!("postgres-{}", version(programs));
    let kept = built.parent().unwrap().join(name);
    let lock = fs::File::create(kept.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !kept.is_dir() {
        let folder = tempfile::tempdir().unwrap();
        programs.own(folder.path());
        let data = folder.path().join("data");
        let mut init = programs.command(&programs.init);
        init.args(["--no-sync", "--username=postgres", "--auth=trust", "--encoding=UTF8"]);
        init.args(["--locale=C", "--wal-segsize=1"]).arg("-D").arg(&data);
        let made = init.stdout(Stdio::null()).status().unwrap();
        assert!(made.success(), "initdb: {made}");
        let half = kept.with_extension("half");
        let _ = fs::remove_dir_all(&half);
        copy(&data, &half);
        fs::rename(half, &kept).unwrap();
    }
    kept
}

fn version(programs: &Programs) -> String {
    let told = Command::new(&programs.server).arg("--version").output().unwrap().stdout;
    let told = String::from_utf8_lossy(&told).into_owned();
    told.chars().map(|c| if c.is_alphanumeric() || c == '.' { c } else { '-' }).collect()
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-R").arg("-p").arg(from).arg(to).status().unwrap();
    assert!(copied.success(), "cp: {copied}");
}

/// The processes that a process has started.
fn children_of(id: u32) -> Vec<u32> {
    let told =
        Command::new("ps").args(["-A", "-o", "pid=", "-o", "ppid="]).output().unwrap().stdout;
    let told = String::from_utf8_lossy(&told).into_owned();
    let pairs = told.lines().filter_map(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    pairs.filter(|(_, parent)| *parent == id).map(|(child, _)| child).collect()
}

fn is_alive(id: u32) -> bool {
    kill("0", id)
}

fn kill(signal: &str, id: u32) -> bool {
    let mut command = Command::new("kill");
    let command = command.args(["-s", signal, &id.to_string()]);
    command.stderr(Stdio::null()).status().unwrap().success()
}
