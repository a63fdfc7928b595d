//! Stored `tools/list` answers, so that wrappers can be made without a live server.

use std::path::Path;

use serde_json::Value;

use crate::sys::files::storage;
use crate::types::limits::{DUMP_BYTES, TOOLS_PER_SERVER};
use crate::types::{Failure, FailureKind, ServerName, ToolSpec};

/// The tools of one server, read from a file.
#[derive(Debug)]
pub(super) struct Dump {
    pub(super) server: ServerName,
    pub(super) tools: Vec<ToolSpec>,
    /// Definitions that could not be read, each with the reason.
    pub(super) rejected: Vec<String>,
}

/// Reads `{"server", "tools"}`, or a whole JSON-RPC answer. The server is called after `server`, else after the file.
pub(super) fn read(path: &Path) -> Result<Dump, Failure> {
    let size = std::fs::metadata(path).map_err(|error| storage("read", path, &error))?.len();
    let malformed = |reason: String| {
        Failure::new(FailureKind::Usage, format!("{} is no tools/list answer: {reason}", path.display()))
            .hint("a JSON object with \"tools\", a list, and \"server\", a name")
    };
    if size > DUMP_BYTES {
        return Err(malformed(format!("it is larger than {DUMP_BYTES} bytes")));
    }
    let text = std::fs::read(path).map_err(|error| storage("read", path, &error))?;
    let mut value: Value = serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
    let name = value.get("server").and_then(Value::as_str).map(str::to_owned);
    let name = name.or_else(|| Some(path.file_stem()?.to_string_lossy().into_owned())).unwrap_or_default();
    let server = server_name(&name).ok_or_else(|| malformed(format!("{name:?} cannot name a server")))?;
    let list = value.pointer_mut("/tools").map(Value::take).or_else(|| value.pointer_mut("/result/tools").map(Value::take));
    let Some(Value::Array(list)) = list else {
        return Err(malformed("it has no list \"tools\"".to_owned()));
    };
    if list.len() > TOOLS_PER_SERVER {
        return Err(malformed(format!("it has more than {TOOLS_PER_SERVER} tools")));
    }
    let mut dump = Dump { server, tools: Vec::new(), rejected: Vec::new() };
    for raw in list {
        match ToolSpec::from_wire(&dump.server, raw) {
            Ok(tool) => dump.tools.push(tool),
            Err(reason) => dump.rejected.push(reason),
        }
    }
    Ok(dump)
}

/// `name` as a server's name: runs of underscores become one, since `__` separates the server from the tool.
fn server_name(name: &str) -> Option<ServerName> {
    let parts: Vec<&str> = name.split('_').filter(|part| !part.is_empty()).collect();
    ServerName::new(&parts.join("_")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(name: &str, text: &str) -> Result<(String, usize, usize), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let dump = read(&path).map_err(|failure| failure.message.replace(&folder.path().display().to_string(), ""))?;
        Ok((dump.server.to_string(), dump.tools.len(), dump.rejected.len()))
    }

    #[test]
    fn both_forms_of_dump_are_read() {
        let named = r#"{"server": "a__b", "tools": [{"name": "t"}, {"name": 3}]}"#;
        assert_eq!(read_text("x.json", named), Ok(("a_b".to_owned(), 1, 1)));
        assert_eq!(read_text("git.json", r#"{"result": {"tools": []}}"#), Ok(("git".to_owned(), 0, 0)));
    }

    #[test]
    fn what_is_no_dump_is_said() {
        assert_eq!(read_text("x.json", "{}"), Err("/x.json is no tools/list answer: it has no list \"tools\"".to_owned()));
        let reason = "/x.json is no tools/list answer: expected ident at line 1 column 2";
        assert_eq!(read_text("x.json", "tools"), Err(reason.to_owned()));
        assert_eq!(
            read_text("x.json", r#"{"server": "a/b", "tools": []}"#),
            Err("/x.json is no tools/list answer: \"a/b\" cannot name a server".to_owned())
        );
    }
}
