use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use factum_benches::Result;
use factum_benches::children::processor_seconds;
use tempfile::TempDir;

use crate::domain::Variant;

/// Where the framework is.
const FRAMEWORK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const MEMBER: &str = r#"
version = "0.0.0"
edition = "2024"

[dependencies]
factum.workspace = true
serde.workspace = true
thiserror.workspace = true
"#;

/// A workspace of the user's, with a crate for each variant.
pub(crate) struct Workspace(TempDir);

impl Workspace {
    pub(crate) fn create() -> Result<Self> {
        let workspace = Self(tempfile::tempdir()?);
        for variant in Variant::ALL {
            fs::create_dir_all(workspace.member(variant).join("src"))?;
            let manifest = format!("[package]\nname = \"{}\"{MEMBER}", variant.name());
            fs::write(workspace.member(variant).join("Cargo.toml"), manifest)?;
            workspace.write(variant)?;
        }
        let folder = workspace.0.path();
        fs::write(folder.join("Cargo.toml"), manifest())?;
        // The same versions, which are on this machine already.
        fs::copy(Path::new(FRAMEWORK).join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(workspace)
    }

    /// The seconds of processor time that a check of the crate alone takes, if what it depends on
    /// has been checked before.
    pub(crate) fn check(&self, variant: Variant) -> Result<f64> {
        // Written anew, it is checked anew.
        self.write(variant)?;
        let before = processor_seconds()?;
        let output = Command::new(cargo())
            .args(["check", "--offline", "--package", variant.name(), "--target-dir", "target"])
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_BUILD_JOBS", "1")
            .env("CARGO_TERM_COLOR", "never")
            .current_dir(self.0.path())
            .output()?;
        let seconds = processor_seconds()? - before;
        let text = String::from_utf8(output.stderr)?;
        if output.status.success() && text.contains(&format!("Checking {} ", variant.name())) {
            return Ok(seconds);
        }
        Err(format!("{}: {text}", output.status).into())
    }

    fn write(&self, variant: Variant) -> Result<()> {
        Ok(fs::write(self.member(variant).join("src/lib.rs"), variant.source())?)
    }

    fn member(&self, variant: Variant) -> PathBuf {
        self.0.path().join(variant.name())
    }
}

/// Without the embedded store, which has no part in the derives and takes a C compiler a while.
fn manifest() -> String {
    let members = Variant::ALL.map(Variant::name);
    format!(
        r#"
[workspace]
members = {members:?}
resolver = "3"

[workspace.dependencies]
factum = {{ path = {FRAMEWORK:?}, default-features = false }}
serde = {{ version = "1", features = ["derive"] }}
thiserror = "2"
"#
    )
}

fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
