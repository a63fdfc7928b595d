//! Identifiers. Each is a type of its own, so that a server's name cannot stand where a tool's belongs.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::SERVER_NAME_CHARS;

/// What separates the server from the tool in a [`ToolId`].
const SEPARATOR: &str = "__";

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A server's name is empty or longer than [`SERVER_NAME_CHARS`].
    #[error("a server name has 1 to {SERVER_NAME_CHARS} characters")]
    Length,
    /// A server's name holds a control character or a path separator.
    #[error("a server name has no control characters, slashes or backslashes")]
    Characters,
    /// A server's name would make `server__tool` ambiguous.
    #[error("a server name has no double underscore and neither starts nor ends with one")]
    Underscores,
    /// A tool id has no `__`, or nothing on one side of it.
    #[error("a tool id has the form server__tool")]
    Form,
}

/// The name of a configured server: the key under `mcpServers`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ServerName(Arc<str>);

impl ServerName {
    /// Accepts a name that keeps `server__tool` exact: no `__` inside, no `_` at either end.
    pub fn new(name: &str) -> Result<Self, IdError> {
        if name.is_empty() || name.chars().count() > SERVER_NAME_CHARS {
            return Err(IdError::Length);
        }
        if name.chars().any(|c| c.is_control() || c == '/' || c == '\\') {
            return Err(IdError::Characters);
        }
        if name.contains(SEPARATOR) || name.starts_with('_') || name.ends_with('_') {
            return Err(IdError::Underscores);
        }
        Ok(Self(name.into()))
    }

    /// The name as written in the configuration.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ServerName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

/// One tool of one server, written `server__tool`.
///
/// The split is exact: a [`ServerName`] neither holds `__` nor ends with `_`, so the first `__` ends it,
/// whatever the tool is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToolId {
    /// The server that offers the tool.
    pub server: ServerName,
    /// The tool's name on the wire, byte for byte.
    pub tool: Arc<str>,
}

impl ToolId {
    /// Names `tool` of `server`.
    pub fn new(server: ServerName, tool: &str) -> Self {
        Self { server, tool: tool.into() }
    }

    /// Reads `server__tool`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (server, tool) = text.split_once(SEPARATOR).ok_or(IdError::Form)?;
        if tool.is_empty() {
            return Err(IdError::Form);
        }
        Ok(Self::new(ServerName::new(server)?, tool))
    }
}

impl fmt::Display for ToolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{SEPARATOR}{}", self.server, self.tool)
    }
}

impl Serialize for ToolId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ToolId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A session: one journal file. Its text sorts by time and is a safe file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Arc<str>);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A script run within a session, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {}", self.0)
    }
}

/// A step (one tool call) within a session, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepNumber(pub u64);

impl fmt::Display for StepNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_id_splits_exactly_whatever_the_tool_is_called() {
        for server in ["git", "my_server", "a_b_c", "Azure DevOps", "x-y.z"] {
            for tool in ["status", "_status", "__status", "a__b", "a_", "git__git", "_"] {
                let id = ToolId::new(ServerName::new(server).unwrap(), tool);
                assert_eq!(ToolId::parse(&id.to_string()), Ok(id));
            }
        }
    }

    #[test]
    fn names_that_would_make_ids_ambiguous_are_refused() {
        for (name, error) in [
            ("", IdError::Length),
            ("a__b", IdError::Underscores),
            ("a_", IdError::Underscores),
            ("_a", IdError::Underscores),
            ("a/b", IdError::Characters),
            ("a\u{1b}b", IdError::Characters),
        ] {
            assert_eq!(ServerName::new(name), Err(error), "{name:?}");
        }
        assert_eq!(ServerName::new(&"x".repeat(SERVER_NAME_CHARS + 1)), Err(IdError::Length));
        assert_eq!(ToolId::parse("git"), Err(IdError::Form));
        assert_eq!(ToolId::parse("git__"), Err(IdError::Form));
    }
}
