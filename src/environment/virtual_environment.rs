//! `workspace/.venv`: what scripts and `uvx` servers need, made once.
//!
//! ```text
//! absent -> lock -> (leftover removed) -> created in place -> installed -> mark written last -> ready
//! ```
//! It is made at its final path, because a virtual environment holds that path in its scripts. A lock file beside it keeps two
//! studios apart and says, while it has content, that what lies there is half made and ours to remove. A person's own
//! environment at that place is never removed: what is missing is installed into it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::tool::{Tool, run};
use super::{Interpreter, Virtual};
use crate::config::Settings;
use crate::sys::files::{lock, storage, write_atomic};
use crate::sys::process::{Exit, exit_words, find_program};
use crate::types::limits::{INSTALL_TIMEOUT, LOCK_RETRY};
use crate::types::{Failure, FailureKind};

/// What is installed. A change makes every environment be completed anew.
const PACKAGES: &[&str] = &["pydantic>=2", "uv"];
/// The file in a finished environment that says what it was made of.
const MARK: &str = ".mcp-studio";
/// Ends the mark of an environment that we made, and so may remove.
const MADE_HERE: &str = "made by mcp-studio\n";

/// The environment, if it is finished and made for the configured interpreter. Looks at a few files only.
pub(super) fn existing(settings: &Settings) -> Option<Virtual> {
    let folder = settings.paths.workspace.join(".venv");
    let mark = std::fs::read_to_string(folder.join(MARK)).ok()?;
    mark.starts_with(&mark_of(settings)).then(|| finished(&folder)).flatten()
}

/// The environment at `folder` if its parts are there.
fn finished(folder: &Path) -> Option<Virtual> {
    let python = folder.join("bin/python");
    let libraries = std::fs::read_dir(folder.join("lib")).ok()?.flatten();
    let mut packages = libraries.map(|entry| entry.path().join("site-packages"));
    let site_packages = packages.find(|packages| packages.join("pydantic").is_dir())?;
    let whole = python.exists() && folder.join("bin/uvx").exists();
    whole.then(|| Virtual { folder: folder.to_owned(), python, site_packages })
}

/// What the mark of a finished environment says.
fn mark_of(settings: &Settings) -> String {
    let interpreter = settings.python.interpreter.as_deref().map_or_else(|| "found".into(), Path::to_string_lossy);
    format!("{}\ninterpreter {interpreter}\n", PACKAGES.join(" "))
}

/// One creation.
pub(super) struct Creation<'a> {
    pub(super) settings: &'a Settings,
    pub(super) interpreter: &'a Interpreter,
    /// What installers start with.
    pub(super) environment: &'a BTreeMap<OsString, OsString>,
    /// Hears what is under way.
    pub(super) progress: &'a (dyn Fn(String) + Sync),
}

impl Creation<'_> {
    /// Makes the environment, unless another studio has done so meanwhile.
    pub(super) async fn make(&self) -> Result<Virtual, Failure> {
        let workspace = &self.settings.paths.workspace;
        std::fs::create_dir_all(workspace).map_err(|error| storage("create", workspace, &error))?;
        let mut lock = self.lock().await?;
        if let Some(ready) = existing(self.settings) {
            return Ok(ready);
        }
        let folder = self.folder();
        let half_made = lock.metadata().is_ok_and(|lock| lock.len() > 0);
        let made_here = std::fs::read_to_string(folder.join(MARK)).is_ok_and(|mark| mark.ends_with(MADE_HERE));
        let in_use = self.interpreter.path.starts_with(&folder);
        if !folder.exists() || half_made || (made_here && !in_use) {
            self.make_anew(&mut lock).await?;
        } else {
            self.complete().await?;
        }
        finished(&folder).ok_or_else(|| {
            Failure::new(FailureKind::Environment, format!("{} is incomplete although it was installed", folder.display()))
                .hint("remove the folder and try again")
        })
    }

    fn folder(&self) -> PathBuf {
        self.settings.paths.workspace.join(".venv")
    }

    async fn lock(&self) -> Result<File, Failure> {
        let path = self.settings.paths.workspace.join(".venv.lock");
        loop {
            if let Some(file) = lock(&path)? {
                return Ok(file);
            }
            (self.progress)("waiting for another mcp-studio that prepares workspace/.venv".to_owned());
            tokio::time::sleep(LOCK_RETRY).await;
        }
    }

    async fn make_anew(&self, lock: &mut File) -> Result<(), Failure> {
        let folder = self.folder();
        let note = |error: &std::io::Error| storage("write", &self.settings.paths.workspace.join(".venv.lock"), error);
        lock.set_len(0).and_then(|()| lock.write_all(b"being made\n")).map_err(|error| note(&error))?;
        let made = self.with_any_installer().await;
        if made.is_err() {
            remove(&folder)?;
        }
        lock.set_len(0).map_err(|error| note(&error))?;
        made
    }

    /// `uv` is ten times as fast; where it fails, pip may still know its way (it reads more configuration).
    async fn with_any_installer(&self) -> Result<(), Failure> {
        let uv = match self.uv() {
            Some(uv) => self.with_uv(&uv).await,
            None => return self.with_pip().await,
        };
        let Err(uv) = uv else { return Ok(()) };
        self.with_pip().await.map_err(|pip| uv.notes.into_iter().fold(pip, |all, (label, text)| all.note(&label, text)))
    }

    fn uv(&self) -> Option<PathBuf> {
        find_program("uv", self.environment.get(OsStr::new("PATH"))?)
    }

    async fn with_uv(&self, uv: &Path) -> Result<(), Failure> {
        let folder = self.folder();
        remove(&folder)?;
        let python = self.interpreter.path.as_os_str();
        let create = ["venv".as_ref(), "--no-project".as_ref(), "--python".as_ref(), python, folder.as_os_str()];
        self.step("creating workspace/.venv", "uv", uv, &create).await?;
        self.install_with_uv(uv).await?;
        self.mark(MADE_HERE)
    }

    async fn with_pip(&self) -> Result<(), Failure> {
        let folder = self.folder();
        remove(&folder)?;
        let create: [&OsStr; 4] = ["-I".as_ref(), "-m".as_ref(), "venv".as_ref(), folder.as_os_str()];
        self.step("creating workspace/.venv", "venv", &self.interpreter.path, &create).await?;
        self.install_with_pip().await?;
        self.mark(MADE_HERE)
    }

    /// Installs into a person's own environment, which may have no pip if uv made it.
    async fn complete(&self) -> Result<(), Failure> {
        match self.uv() {
            Some(uv) => self.install_with_uv(&uv).await?,
            None => self.install_with_pip().await?,
        }
        self.mark("")
    }

    async fn install_with_uv(&self, uv: &Path) -> Result<(), Failure> {
        let python = self.folder().join("bin/python");
        let install: [&OsStr; 4] = ["pip".as_ref(), "install".as_ref(), "--python".as_ref(), python.as_os_str()];
        self.step("installing pydantic and uv", "uv", uv, &with_packages(&install)).await
    }

    async fn install_with_pip(&self) -> Result<(), Failure> {
        let python = self.folder().join("bin/python");
        let install = ["-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"];
        let install = install.map(OsStr::new);
        self.step("installing pydantic and uv", "pip", &python, &with_packages(&install)).await
    }

    fn mark(&self, origin: &str) -> Result<(), Failure> {
        write_atomic(&self.folder().join(MARK), (mark_of(self.settings) + origin).as_bytes())
    }

    /// Runs one program of the installation; `words` say what it does, `label` names it.
    async fn step(&self, words: &str, label: &str, program: &Path, arguments: &[&OsStr]) -> Result<(), Failure> {
        (self.progress)(words.to_owned());
        let tool = Tool {
            program,
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: self.environment,
            folder: &self.settings.paths.workspace,
            limit: INSTALL_TIMEOUT,
        };
        let said = run(tool, |line| (self.progress)(format!("{words}: {line}"))).await?;
        let how = match said.exit {
            Some(Exit::Code(0)) => return Ok(()),
            Some(exit) => exit_words(exit),
            None => format!("took longer than {} s", INSTALL_TIMEOUT.as_secs()),
        };
        let failure =
            Failure::new(FailureKind::Environment, format!("cannot prepare workspace/.venv: {label} {how} while {words}"));
        Err(failure
            .note(label, said.lines.join("\n"))
            .hint("check the network, or point pip to a mirror (PIP_INDEX_URL); what needs no packages goes on working"))
    }
}

fn with_packages<'a>(arguments: &[&'a OsStr]) -> Vec<&'a OsStr> {
    arguments.iter().copied().chain(PACKAGES.iter().map(OsStr::new)).collect()
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(storage("remove", folder, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
