//! The person's own programs: an editor for scripts, arguments and results, and a shell command that gets a result.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::studio::Studio;
use crate::sys::files::storage;
use crate::sys::process::{Exit, Launch, Stdio, Tree, exit_words, find_program, foreground};
use crate::types::limits::{PIPE_OUTPUT_BYTES, PIPE_TIMEOUT};
use crate::types::{Failure, FailureKind};

/// What a shell command made of what it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piped {
    /// What it wrote: standard output, then standard error; at most [`PIPE_OUTPUT_BYTES`] of each.
    pub output: String,
    /// How it ended, in words.
    pub exit: String,
}

impl Studio {
    /// Opens a file in the person's editor (`$VISUAL`, `$EDITOR`, else `vi`) and waits until it is closed. Blocks, and
    /// needs the terminal. Fails with `Environment` where the editor cannot be started or ends badly.
    pub fn edit_file(&self, file: &Path) -> Result<(), Failure> {
        let editor = editor(|name| std::env::var(name).ok());
        let failed = |why: String| {
            Failure::new(FailureKind::Environment, format!("the editor {editor:?} {why}"))
                .hint("set VISUAL or EDITOR to the command of your editor")
        };
        let arguments = ["-c".into(), format!("{editor} \"$@\"").into(), editor.clone().into(), OsString::from(file)];
        let ended = foreground(&shell()?, &arguments, &self.settings().paths.project);
        match ended.map_err(|error| failed(format!("cannot be started: {error}")))? {
            Exit::Code(0) => Ok(()),
            exit @ (Exit::Code(_) | Exit::Signal(_)) => Err(failed(format!("ended badly: {}", exit_words(exit)))),
        }
    }

    /// The same with a text in a file of that name, which only its owner can read and which is gone afterwards.
    /// Answers the text as it is then.
    pub fn edit_text(&self, name: &str, text: &str) -> Result<String, Failure> {
        let folder = self.settings().paths.state.join("edit").join(std::process::id().to_string());
        let file = folder.join(name);
        let edited = write_private(&folder, &file, text)
            .map_err(|error| storage("write", &file, &error))
            .and_then(|()| self.edit_file(&file))
            .and_then(|()| std::fs::read_to_string(&file).map_err(|error| storage("read", &file, &error)));
        // What cannot be removed now is removed with the next text.
        let _ = std::fs::remove_dir_all(&folder);
        edited
    }

    /// Gives a text to a shell command as standard input. Dropping the future ends the command.
    /// Fails with `Environment` where there is no shell, and with `Timeout` after [`PIPE_TIMEOUT`].
    pub async fn pipe(&self, command: &str, text: String) -> Result<Piped, Failure> {
        let environment: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        let mut tree = Tree::start(Launch {
            program: shell()?,
            arguments: vec!["-c".into(), command.into()],
            environment,
            folder: self.settings().paths.project.clone(),
            stdio: [Stdio::Pipe, Stdio::Pipe, Stdio::Pipe],
            descriptors: Vec::new(),
            sandbox: None,
        })?;
        let (stdin, stdout, stderr) = (tree.stdin.take(), tree.stdout.take(), tree.stderr.take());
        let give = async move {
            if let Some(mut stdin) = stdin {
                // A command need not read what it is given.
                let _ = stdin.write_all(text.as_bytes()).await;
            }
        };
        let work = async { tokio::join!(give, collected(stdout), collected(stderr), tree.wait()) };
        let ((), output, errors, exit) = timeout(PIPE_TIMEOUT, work).await.map_err(|_| {
            Failure::new(FailureKind::Timeout, format!("{command:?} did not end within {} s", PIPE_TIMEOUT.as_secs()))
        })?;
        Ok(Piped { output: output + &errors, exit: exit_words(exit) })
    }
}

/// What comes out of a pipe: its beginning is kept, the rest is read and dropped.
async fn collected(pipe: Option<tokio::net::unix::pipe::Receiver>) -> String {
    let Some(pipe) = pipe else { return String::new() };
    let mut bytes = Vec::new();
    let mut head = pipe.take(PIPE_OUTPUT_BYTES);
    let read = head.read_to_end(&mut bytes).await;
    let more = tokio::io::copy(&mut head.into_inner(), &mut tokio::io::sink()).await;
    let text = String::from_utf8_lossy(&bytes);
    match (read, more) {
        (Ok(_), Ok(dropped @ 1..)) => format!("{text}\n… {dropped} more bytes\n"),
        (_, _) => text.into_owned(),
    }
}

fn editor(lookup: impl Fn(&str) -> Option<String>) -> String {
    let said = ["VISUAL", "EDITOR"].iter().find_map(|name| lookup(name).filter(|value| !value.trim().is_empty()));
    said.unwrap_or_else(|| "vi".to_owned())
}

fn shell() -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_program("sh", &path).ok_or_else(|| Failure::new(FailureKind::Environment, "there is no shell (sh) on the PATH"))
}

fn write_private(folder: &Path, file: &Path, text: &str) -> std::io::Result<()> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::editor;

    #[test]
    fn the_editor_is_the_one_the_person_has_named() {
        let named = |pairs: &[(&str, &str)]| {
            editor(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(named(&[("VISUAL", "code --wait"), ("EDITOR", "nano")]), "code --wait");
        assert_eq!(named(&[("VISUAL", " "), ("EDITOR", "nano")]), "nano");
        assert_eq!(named(&[]), "vi");
    }
}
