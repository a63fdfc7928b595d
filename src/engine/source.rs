//! Reading a script before anything is started for it.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::request::Script;
use crate::python::outline;
use crate::types::limits::{LISTED_FILES, SCRIPT_BYTES};
use crate::types::{Failure, FailureKind, nearest};

/// A script as it will run: read once, so that what is judged is what runs.
#[derive(Debug)]
pub struct Source {
    /// File name of its code: the absolute path, or the name of a text.
    pub(super) name: String,
    /// As people know it: relative to the workspace where it is in there, else as it was named. Records have this.
    pub(super) shown: String,
    /// Its text, without a byte order mark.
    pub(super) text: String,
    /// SHA-256 of the text, hexadecimal.
    pub(super) sha256: String,
    /// The folder that its imports start in; none for a text.
    pub(super) folder: Option<PathBuf>,
}

impl Source {
    /// Reads `script`. Fails, in one line, for what is no readable file of UTF-8 text.
    pub(super) fn read(script: &Script, workspace: &Path) -> Result<Self, Failure> {
        match script {
            Script::Text { name, source } => Ok(Self::new(name.clone(), name.clone(), source.clone(), None)),
            Script::File(path) => {
                let typed = path;
                let path = std::path::absolute(path).map_err(|error| unreadable(path, &error.to_string()))?;
                let text = read_text(&path).map_err(|failure| advised(failure, &path, workspace))?;
                let name = path.to_str().ok_or_else(|| unreadable(&path, "its name is not UTF-8"))?.to_owned();
                let shown = path.strip_prefix(workspace).unwrap_or(typed).display().to_string();
                Ok(Self::new(name, shown, text, path.parent().map(Path::to_owned)))
            }
        }
    }

    /// As people know the script: relative to the workspace where it is in there, else as it was named.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Its text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn new(name: String, shown: String, text: String, folder: Option<PathBuf>) -> Self {
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let sha256 = hexadecimal(&Sha256::digest(text.as_bytes()));
        Self { name, shown, text, sha256, folder }
    }

    /// Whether it imports what only the virtual environment has: pydantic, or generated wrappers, which use it.
    pub(super) fn needs_packages(&self) -> bool {
        const PACKAGES: [&str; 2] = ["pydantic", "servers"];
        PACKAGES.iter().any(|name| self.text.contains(name))
            && outline(&self.text).imports.modules.iter().any(|module| {
                let root = module.split('.').next().unwrap_or_default();
                PACKAGES.contains(&root)
            })
    }
}

/// `bytes` in hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read_text(path: &Path) -> Result<String, Failure> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &reason(&error)))?;
    if !metadata.is_file() {
        return Err(unreadable(path, if metadata.is_dir() { "it is a folder" } else { "it is no regular file" }));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, &reason(&error)))?;
    file.take(SCRIPT_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &reason(&error)))?;
    if bytes.len() as u64 > SCRIPT_BYTES {
        return Err(unreadable(path, &format!("it has more than {SCRIPT_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        unreadable(path, &format!("it is not UTF-8 (line {line})")).hint("save it as UTF-8")
    })
}

/// With what may have been meant, where there is no such file; with what to do, where it is no script.
fn advised(failure: Failure, path: &Path, workspace: &Path) -> Failure {
    if path.is_dir() {
        return failure.hint("name a script in it");
    }
    if path.exists() {
        return failure;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let in_workspace = workspace.join(&*name);
    if in_workspace.is_file() {
        return failure.hint(format!("did you mean {}?", in_workspace.display()));
    }
    let folder = path.parent().unwrap_or(path);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(LISTED_FILES);
    let files = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "py"));
    let scripts: Vec<String> = files.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect();
    match nearest(&name, scripts.iter().map(String::as_str)) {
        Some(near) => failure.hint(format!("did you mean {}?", folder.join(near).display())),
        None => failure,
    }
}

fn reason(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound { "there is no such file".to_owned() } else { error.to_string() }
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Failure::new(FailureKind::Script, format!("cannot run {}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(path: &Path) -> String {
        Source::read(&Script::File(path.to_owned()), Path::new("/")).unwrap_err().message.replace(path.to_str().unwrap(), "X")
    }

    #[test]
    fn what_is_no_script_is_refused_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.py");
        assert_eq!(message(&path), "cannot run X: there is no such file");
        assert_eq!(message(folder.path()), "cannot run X: it is a folder");
        let advice = |typed: &str, workspace: &str| {
            let script = Script::File(folder.path().join(typed));
            let hint = Source::read(&script, &folder.path().join(workspace)).unwrap_err().hint;
            hint.map(|hint| hint.replace(folder.path().to_str().unwrap(), "X"))
        };
        std::fs::create_dir(folder.path().join("scripts")).unwrap();
        std::fs::write(folder.path().join("scripts/count.py"), "").unwrap();
        assert_eq!(advice("count.py", "scripts").as_deref(), Some("did you mean X/scripts/count.py?"));
        assert_eq!(advice("scripts/cuont.py", "").as_deref(), Some("did you mean X/scripts/count.py?"));
        assert_eq!(advice("other.py", ""), None);
        assert_eq!(advice("scripts", "").as_deref(), Some("name a script in it"));
        std::fs::write(&path, b"a = 1\nb = '\xff'\n").unwrap();
        assert_eq!(message(&path), "cannot run X: it is not UTF-8 (line 2)");
        std::fs::File::create(&path).unwrap().set_len(SCRIPT_BYTES + 1).unwrap();
        assert_eq!(message(&path), "cannot run X: it has more than 8388608 bytes");
    }

    #[test]
    fn a_script_is_named_from_the_workspace_and_read_without_its_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.py");
        std::fs::write(&path, "\u{feff}pass\n").unwrap();
        let source = Source::read(&Script::File(path.clone()), folder.path()).unwrap();
        assert_eq!((source.shown.as_str(), source.text.as_str()), ("a.py", "pass\n"));
        assert_eq!((source.name.as_str(), source.folder.as_deref()), (path.to_str().unwrap(), Some(folder.path())));
    }

    #[test]
    fn only_imports_need_packages() {
        for (text, needs) in [
            ("import json", false),
            ("# servers and pydantic", false),
            ("from servers.git import git_status", true),
            ("import servers", true),
            ("def f():\n    import pydantic.v1", true),
            ("import serversx", false),
        ] {
            let script = Script::Text { name: "x".into(), source: text.into() };
            assert_eq!(Source::read(&script, Path::new("/")).unwrap().needs_packages(), needs, "{text}");
        }
    }
}
