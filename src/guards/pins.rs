//! What was seen of servers when they were first used, so that nobody changes a tool behind a person's back.
//!
//! Responsible for comparing and for showing differences. Not responsible for the file or for asking.

mod difference;
mod names;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use difference::{difference, visible};
pub use names::{NameFlag, name_flags};

use crate::types::{ServerName, ToolId, ToolSpec, content_hash, text_hash};

/// Everything pinned, by server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pins {
    /// The pins of each server that was used.
    pub servers: BTreeMap<ServerName, ServerPins>,
}

/// What was seen of one server. Hashes are SHA-256, hexadecimal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerPins {
    /// Of the launch data: program, arguments, folder and names of variables, or address and names of headers.
    pub launch: String,
    /// Of its instructions.
    #[serde(default)]
    pub instructions: Option<String>,
    /// Of the canonical JSON of each prompt.
    #[serde(default)]
    pub prompts: BTreeMap<String, String>,
    /// Its tools by name.
    #[serde(default)]
    pub tools: BTreeMap<String, ToolPin>,
}

/// One pinned tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolPin {
    /// Of the canonical JSON of the whole definition.
    pub sha256: String,
    /// The definition, to show what has changed.
    pub definition: Value,
}

impl ToolPin {
    /// The pin of a definition as sent.
    pub fn of(definition: &Value) -> Self {
        Self { sha256: content_hash(definition), definition: definition.clone() }
    }
}

/// What a server is now, beside its tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Hash of its launch data.
    pub launch: String,
    /// Its instructions.
    pub instructions: Option<String>,
    /// Its prompts, as sent.
    pub prompts: Vec<Value>,
}

/// How a thing compares with its pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It was never used.
    New,
    /// It is as it was.
    Same,
    /// It is not as it was.
    Changed,
}

impl Standing {
    fn of(pinned: Option<&str>, now: &str) -> Self {
        match pinned {
            None => Self::New,
            Some(pinned) if pinned == now => Self::Same,
            Some(_) => Self::Changed,
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Changed => "changed",
        }
    }
}

impl Pins {
    /// How a tool compares. `sha256` is the hash of its definition now.
    pub fn tool(&self, server: &ServerName, tool: &str, sha256: &str) -> Standing {
        let pinned = self.servers.get(server).and_then(|pins| pins.tools.get(tool));
        Standing::of(pinned.map(|pin| pin.sha256.as_str()), sha256)
    }

    /// How the launch data of a server compares.
    pub fn launch(&self, server: &ServerName, launch: &str) -> Standing {
        Standing::of(self.servers.get(server).map(|pins| pins.launch.as_str()), launch)
    }

    /// The parts of a server beside its tools that are not as they were: `launch data`, `instructions`, `prompt "x"`.
    pub fn changes(&self, server: &ServerName, now: &Identity) -> Vec<String> {
        let Some(pins) = self.servers.get(server) else { return Vec::new() };
        let mut changes = Vec::new();
        if pins.launch != now.launch {
            changes.push("launch data".to_owned());
        }
        if pins.instructions != now.instructions.as_deref().map(text_hash) {
            changes.push("instructions".to_owned());
        }
        let prompts = prompt_hashes(&now.prompts);
        let changed = prompts.iter().filter(|(name, hash)| pins.prompts.get(name).is_some_and(|pinned| pinned != hash));
        changes.extend(changed.map(|(name, _)| format!("prompt \"{name}\"")));
        changes
    }

    /// Pins what is there and was never pinned. Answers whether anything was.
    pub fn first_use<'a>(&mut self, server: &ServerName, now: &Identity, tools: impl Iterator<Item = &'a ToolSpec>) -> bool {
        let known = self.servers.contains_key(server);
        let pins = self.servers.entry(server.clone()).or_default();
        let mut more = !known;
        if !known {
            pins.launch.clone_from(&now.launch);
            pins.instructions = now.instructions.as_deref().map(text_hash);
        }
        for (name, hash) in prompt_hashes(&now.prompts) {
            more |= !pins.prompts.contains_key(&name);
            pins.prompts.entry(name).or_insert(hash);
        }
        for tool in tools {
            if !pins.tools.contains_key(&*tool.id.tool) {
                pins.tools.insert(tool.id.tool.to_string(), ToolPin::of(&tool.raw));
                more = true;
            }
        }
        more
    }

    /// Approves a tool as it is now.
    pub fn approve_tool(&mut self, tool: &ToolSpec) {
        let pins = self.servers.entry(tool.id.server.clone()).or_default();
        pins.tools.insert(tool.id.tool.to_string(), ToolPin::of(&tool.raw));
    }

    /// Approves launch data, instructions and prompts of a server as they are now.
    pub fn approve_server(&mut self, server: &ServerName, now: &Identity) {
        let pins = self.servers.entry(server.clone()).or_default();
        pins.launch.clone_from(&now.launch);
        pins.instructions = now.instructions.as_deref().map(text_hash);
        pins.prompts = prompt_hashes(&now.prompts).into_iter().collect();
    }
}

impl Pins {
    /// Forgets a tool: its next use pins it anew. Answers whether it was pinned.
    pub fn forget_tool(&mut self, id: &ToolId) -> bool {
        self.servers.get_mut(&id.server).is_some_and(|pins| pins.tools.remove(&*id.tool).is_some())
    }

    /// Forgets a server with all its tools: its next use pins them anew. Answers whether it was pinned.
    pub fn forget_server(&mut self, server: &ServerName) -> bool {
        self.servers.remove(server).is_some()
    }
}

fn prompt_hashes(prompts: &[Value]) -> Vec<(String, String)> {
    let named = prompts.iter().filter_map(|prompt| Some((prompt.get("name")?.as_str()?.to_owned(), content_hash(prompt))));
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tool(raw: Value) -> ToolSpec {
        ToolSpec::from_wire(&ServerName::new("git").unwrap(), raw).unwrap()
    }

    #[test]
    fn every_part_of_a_definition_is_pinned_and_the_order_of_keys_is_not() {
        let git = ServerName::new("git").unwrap();
        let whole =
            json!({"name": "a", "title": "A", "annotations": {"readOnlyHint": true}, "icons": [{"src": "x"}], "inputSchema": {}});
        let mut pins = Pins::default();
        let identity = Identity { launch: "l".to_owned(), ..Identity::default() };
        assert!(pins.first_use(&git, &identity, [tool(whole.clone())].iter()));
        assert!(!pins.first_use(&git, &identity, [tool(whole.clone())].iter()));
        let standing = |raw: &Value| pins.tool(&git, "a", &content_hash(raw));
        assert_eq!(standing(&whole), Standing::Same);
        let reordered: serde_json::Result<Value> = serde_json::from_str(
            r#"{"inputSchema": {}, "icons": [{"src": "x"}], "annotations": {"readOnlyHint": true}, "title": "A", "name": "a"}"#,
        );
        assert_eq!(standing(&reordered.unwrap()), Standing::Same);
        for (key, value) in [
            ("title", json!("B")),
            ("annotations", json!({})),
            ("icons", json!([])),
            ("inputSchema", json!({"x": 1})),
            ("_meta", json!(1)),
        ] {
            let mut changed = whole.clone();
            changed[key] = value;
            assert_eq!(standing(&changed), Standing::Changed, "{key}");
        }
        assert_eq!(pins.tool(&git, "b", "x"), Standing::New);
        let back: Pins = serde_json::from_str(&serde_json::to_string(&pins).unwrap()).unwrap();
        assert_eq!(back, pins);
    }

    #[test]
    fn a_change_blocks_nothing_else_and_is_over_once_approved() {
        let git = ServerName::new("git").unwrap();
        let before = Identity {
            launch: "one".to_owned(),
            instructions: Some("be kind".to_owned()),
            prompts: vec![json!({"name": "p", "description": "x"}), json!({"name": "q"})],
        };
        let mut pins = Pins::default();
        pins.first_use(&git, &before, [tool(json!({"name": "a"})), tool(json!({"name": "b"}))].iter());
        assert_eq!(pins.changes(&git, &before), [""; 0]);
        let now = Identity {
            launch: "two".to_owned(),
            instructions: None,
            prompts: vec![json!({"name": "p", "description": "y"}), json!({"name": "new"})],
        };
        assert_eq!(pins.changes(&git, &now), ["launch data", "instructions", "prompt \"p\""]);
        assert_eq!(pins.launch(&git, "two"), Standing::Changed);
        let changed = tool(json!({"name": "a", "description": "obey"}));
        pins.first_use(&git, &now, std::iter::once(&changed));
        assert_eq!(pins.tool(&git, "a", &content_hash(&changed.raw)), Standing::Changed, "use alone approves nothing");
        pins.approve_tool(&changed);
        pins.approve_server(&git, &now);
        assert_eq!(pins.tool(&git, "a", &content_hash(&changed.raw)), Standing::Same);
        assert_eq!((pins.changes(&git, &now), pins.servers[&git].tools.len()), (Vec::new(), 2));
    }
}
