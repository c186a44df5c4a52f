use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use factum_core::store::StoreError;

/// That this process writes to a log: a lock on the file beside it, `<file>.lock`, which the
/// operating system takes back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct WriterLock {
    // Held for what its end does.
    _file: File,
}

impl WriterLock {
    /// Takes the lock and writes down who holds it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another one holds it, [`StoreError::Open`] if the lock file cannot be
    /// made.
    pub(super) fn take(log: &Path) -> Result<Self, StoreError> {
        let path = beside(log);
        let open = |source: std::io::Error| StoreError::Open {
            place: path.display().to_string(),
            reason: source.to_string(),
        };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(open)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { path: log.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(open(source)),
        }
        file.set_len(0).map_err(open)?;
        write!(file, "process {} ({})", std::process::id(), program()).map_err(open)?;
        Ok(Self { _file: file })
    }
}

fn beside(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn program() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_deref().and_then(Path::file_name);
    name.map_or_else(|| "unknown program".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Who wrote the lock file; it may be empty for a moment after the lock was taken, and some systems
/// do not let a locked file be read.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(512).read_to_string(&mut text));
    match read {
        Ok(_) if text.starts_with(&format!("process {} ", std::process::id())) => {
            "this process (an app or store of it that is not stopped or closed yet)".to_owned()
        }
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}
