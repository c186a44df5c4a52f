use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::missing::{Missing, program};

/// What says no where a server's tables would grow.
const SOURCE: &str = include_str!("full_disk.c");

/// A disk that is full when it is told to be: a library between the server and the C library. A small
/// file system of its own would need rights that a test may not have.
#[derive(Debug)]
pub(crate) struct FullDisk {
    library: PathBuf,
    /// The disk is full while this is there.
    sign: PathBuf,
}

impl FullDisk {
    /// Builds it in a folder, from which it is used.
    pub(crate) fn make(folder: &Path) -> Result<Self, Missing> {
        let compiler = program("cc", &[])?;
        let (source, library) = (folder.join("full_disk.c"), folder.join("full_disk.so"));
        fs::write(&source, SOURCE).unwrap();
        let mut compile = Command::new(compiler);
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
        let built = compile.status().unwrap();
        assert!(built.success(), "cc: {built}");
        Ok(Self { library, sign: folder.join("full") })
    }

    /// Lets this command run on it.
    pub(crate) fn put_under(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("FACTUM_TEST_FULL", &self.sign);
    }

    pub(crate) fn set_full(&self, full: bool) {
        if full {
            fs::write(&self.sign, "").unwrap();
        } else {
            fs::remove_file(&self.sign).unwrap();
        }
    }
}
