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

use crate::types::{ServerName, ToolId, ToolSpec, content_hash};

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
    /// Its instructions as a JSON text, null where it gave none. Absent: the next use pins them.
    #[serde(default)]
    pub instructions: Option<Pin>,
    /// Its prompts by name.
    #[serde(default)]
    pub prompts: BTreeMap<String, Pin>,
    /// Its tools by name.
    #[serde(default)]
    pub tools: BTreeMap<String, Pin>,
}

/// One pinned thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pin {
    /// Of the canonical JSON of the whole definition.
    pub sha256: String,
    /// The definition, to show what has changed.
    pub definition: Value,
}

impl Pin {
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
    /// Its instructions: a text, or null.
    pub instructions: Value,
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

    /// How the instructions of a server compare: a text, or null where it gives none.
    pub fn instructions(&self, server: &ServerName, now: &Value) -> Standing {
        let pinned = self.servers.get(server).and_then(|pins| pins.instructions.as_ref());
        Standing::of(pinned.map(|pin| pin.sha256.as_str()), &content_hash(now))
    }

    /// How a prompt compares. `sha256` is the hash of its definition now.
    pub fn prompt(&self, server: &ServerName, prompt: &str, sha256: &str) -> Standing {
        let pinned = self.servers.get(server).and_then(|pins| pins.prompts.get(prompt));
        Standing::of(pinned.map(|pin| pin.sha256.as_str()), sha256)
    }

    /// Pins what is there and was never pinned. Answers whether anything was.
    pub fn first_use<'a>(&mut self, server: &ServerName, now: &Identity, tools: impl Iterator<Item = &'a ToolSpec>) -> bool {
        let known = self.servers.contains_key(server);
        let pins = self.servers.entry(server.clone()).or_default();
        let mut more = !known;
        if !known {
            pins.launch.clone_from(&now.launch);
        }
        if pins.instructions.is_none() {
            pins.instructions = Some(Pin::of(&now.instructions));
            more = true;
        }
        let tools = tools.map(|tool| (&*tool.id.tool, &tool.raw));
        more |= pin_new(&mut pins.prompts, named(&now.prompts));
        more |= pin_new(&mut pins.tools, tools);
        more
    }

    /// Approves a tool as it is now.
    pub fn approve_tool(&mut self, tool: &ToolSpec) {
        let pins = self.servers.entry(tool.id.server.clone()).or_default();
        pins.tools.insert(tool.id.tool.to_string(), Pin::of(&tool.raw));
    }

    /// Approves the launch data of a server as they are now.
    pub fn approve_launch(&mut self, server: &ServerName, now: &Identity) {
        self.servers.entry(server.clone()).or_default().launch.clone_from(&now.launch);
    }

    /// Approves the instructions of a server as they are now.
    pub fn approve_instructions(&mut self, server: &ServerName, now: &Identity) {
        self.servers.entry(server.clone()).or_default().instructions = Some(Pin::of(&now.instructions));
    }

    /// Approves a prompt as it is now.
    pub fn approve_prompt(&mut self, server: &ServerName, name: &str, definition: &Value) {
        let pins = self.servers.entry(server.clone()).or_default();
        pins.prompts.insert(name.to_owned(), Pin::of(definition));
    }
}

impl Pins {
    /// Forgets a tool: its next use pins it anew. Answers whether it was pinned.
    pub fn forget_tool(&mut self, id: &ToolId) -> bool {
        self.servers.get_mut(&id.server).is_some_and(|pins| pins.tools.remove(&*id.tool).is_some())
    }

    /// Forgets the instructions of a server: its next use pins them anew. Answers whether they were pinned.
    pub fn forget_instructions(&mut self, server: &ServerName) -> bool {
        self.servers.get_mut(server).is_some_and(|pins| pins.instructions.take().is_some())
    }

    /// Forgets a prompt: the next use of its server pins it anew. Answers whether it was pinned.
    pub fn forget_prompt(&mut self, server: &ServerName, prompt: &str) -> bool {
        self.servers.get_mut(server).is_some_and(|pins| pins.prompts.remove(prompt).is_some())
    }

    /// Forgets a server with all that is its: their next use pins them anew. Answers whether it was pinned.
    pub fn forget_server(&mut self, server: &ServerName) -> bool {
        self.servers.remove(server).is_some()
    }
}

/// How the instructions of a server are named among what is pinned. No server's name holds a slash.
pub fn instructions_target(server: &ServerName) -> String {
    format!("{server}/instructions")
}

/// How a prompt is named among what is pinned.
pub fn prompt_target(server: &ServerName, prompt: &str) -> String {
    format!("{server}/prompts/{prompt}")
}

/// Definitions with a name, by it. Names may come twice.
pub fn named(definitions: &[Value]) -> impl Iterator<Item = (&str, &Value)> {
    definitions.iter().filter_map(|definition| Some((definition.get("name")?.as_str()?, definition)))
}

/// Pins what was never pinned; of equal names the first. Answers whether anything was.
fn pin_new<'a>(pins: &mut BTreeMap<String, Pin>, now: impl Iterator<Item = (&'a str, &'a Value)>) -> bool {
    let before = pins.len();
    for (name, definition) in now {
        if !pins.contains_key(name) {
            pins.insert(name.to_owned(), Pin::of(definition));
        }
    }
    pins.len() > before
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
            instructions: json!("be kind"),
            prompts: vec![json!({"name": "p", "description": "x"}), json!({"name": "q"})],
        };
        let mut pins = Pins::default();
        pins.first_use(&git, &before, [tool(json!({"name": "a"})), tool(json!({"name": "b"}))].iter());
        let (p, q, new) = (json!({"name": "p", "description": "y"}), json!({"name": "q"}), json!({"name": "new"}));
        let changed = tool(json!({"name": "a", "description": "obey"}));
        let standings = |pins: &Pins, launch: &str, instructions: Value| {
            let prompts = [&p, &q, &new].map(|prompt| pins.prompt(&git, prompt["name"].as_str().unwrap(), &content_hash(prompt)));
            let tool = pins.tool(&git, "a", &content_hash(&changed.raw));
            ([pins.launch(&git, launch), pins.instructions(&git, &instructions), tool], prompts)
        };
        let (new_one, same, other) = (Standing::New, Standing::Same, Standing::Changed);
        assert_eq!(standings(&pins, "one", json!("be kind")), ([same, same, other], [other, same, new_one]));
        assert_eq!(standings(&pins, "two", Value::Null), ([other, other, other], [other, same, new_one]));

        let now = Identity { launch: "two".to_owned(), instructions: Value::Null, prompts: vec![p.clone(), new.clone()] };
        assert!(pins.first_use(&git, &now, std::iter::once(&changed)));
        let used = ([other, other, other], [other, same, same]);
        assert_eq!(standings(&pins, "two", Value::Null), used, "use pins what is new and approves nothing");
        pins.approve_tool(&changed);
        pins.approve_launch(&git, &now);
        pins.approve_instructions(&git, &now);
        pins.approve_prompt(&git, "p", &p);
        assert_eq!(standings(&pins, "two", Value::Null), ([same; 3], [same; 3]));
        assert!(pins.forget_prompt(&git, "p") && !pins.forget_prompt(&git, "p") && pins.forget_instructions(&git));
        assert_eq!(standings(&pins, "two", json!("more")), ([same, new_one, same], [new_one, same, same]));
        assert!(pins.first_use(&git, &now, std::iter::empty()), "what was forgotten is pinned anew");
    }
}
