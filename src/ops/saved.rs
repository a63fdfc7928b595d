//! Saved calls: text files of the project that a person keeps, edits and makes again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::studio::Studio;
use crate::sys::files::{storage, write_atomic};
use crate::types::limits::{ARGUMENT_BYTES, SAVED_CALLS, SAVED_NAME_BYTES};
use crate::types::{Failure, FailureKind, Place, ToolId, neutralise_line};

/// One saved call.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedCall {
    /// The name of its file, without the ending.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// What it calls, or why the file cannot be used.
    pub call: Result<(ToolId, Map<String, Value>), Failure>,
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// `server__tool`.
    tool: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

impl Studio {
    /// Where saved calls are.
    pub fn calls_folder(&self) -> PathBuf {
        self.settings().paths.workspace.join("calls")
    }

    /// The saved calls by name, at most [`SAVED_CALLS`]. Reads one folder; a file that cannot be used says why.
    pub fn saved_calls(&self) -> Vec<SavedCall> {
        let entries = std::fs::read_dir(self.calls_folder()).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_saved(path)).collect();
        paths.sort();
        paths.truncate(SAVED_CALLS);
        paths.into_iter().map(|path| SavedCall { name: stem(&path), call: read(&path), path }).collect()
    }

    /// Saves a call under a name that no other has, and answers its file.
    pub fn save_call(&self, name: &str, tool: &ToolId, arguments: &Value) -> Result<PathBuf, Failure> {
        let name = name.trim();
        let plain = |c: char| c.is_alphanumeric() || "_-. ".contains(c);
        if name.is_empty() || name.len() > SAVED_NAME_BYTES || name.starts_with('.') || !name.chars().all(plain) {
            return Err(Failure::new(FailureKind::Usage, format!("{name:?} cannot be the name of a file here"))
                .hint(format!("letters, digits, blanks, _ - and . inside, at most {SAVED_NAME_BYTES} bytes")));
        }
        let path = self.calls_folder().join(format!("{name}.json"));
        if path.try_exists().map_err(|error| storage("read", &path, &error))? {
            return Err(Failure::new(FailureKind::Usage, format!("there is a saved call \"{name}\" already"))
                .hint("choose another name, or remove its file"));
        }
        let written = Written { tool: tool.to_string(), arguments: arguments.as_object().cloned().unwrap_or_default() };
        let text = serde_json::to_string_pretty(&written)
            .map_err(|error| Failure::new(FailureKind::Internal, format!("the call cannot be written: {error}")))?;
        std::fs::create_dir_all(self.calls_folder()).map_err(|error| storage("create", &self.calls_folder(), &error))?;
        write_atomic(&path, format!("{text}\n").as_bytes())?;
        Ok(path)
    }
}

fn is_saved(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json") && path.is_file()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(path: &Path) -> Result<(ToolId, Map<String, Value>), Failure> {
    let wrong = |why: String, line: usize| {
        let place = Place { file: path.to_owned(), line: u32::try_from(line).unwrap_or(0) };
        Failure::new(FailureKind::Usage, format!("this saved call cannot be used: {}", neutralise_line(&why)))
            .hint(r#"write {"tool": "server__tool", "arguments": {}}"#)
            .at(place)
    };
    let size = std::fs::metadata(path).map_err(|error| storage("read", path, &error))?.len();
    if size > ARGUMENT_BYTES {
        return Err(wrong(format!("it has more than {ARGUMENT_BYTES} bytes"), 0));
    }
    let text = std::fs::read_to_string(path).map_err(|error| storage("read", path, &error))?;
    let written: Written = serde_json::from_str(&text).map_err(|error| wrong(error.to_string(), error.line()))?;
    let tool = ToolId::parse(&written.tool).map_err(|error| wrong(error.to_string(), 0))?;
    Ok((tool, written.arguments))
}
