//! The key `studio.normalization`: for each server how the field names of its results are changed.

use indexmap::IndexMap;

use super::ServerSettings;
use super::document::{Node, Value};
use super::fields::{Complaints, Fields, Keys};
use crate::types::{ArgumentNames, FieldNames, Normalization, PrefixMap, ServerName, nearest};

const KEYS: Keys = Keys { known: &["prefixes", "strategy", "arguments"], foreign: &[], advice: &[] };

/// A strategy of `studio.normalization`, before its server is looked up.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    server: String,
    line: u32,
    names: FieldNames,
}

/// Reads the object under `studio.normalization`.
pub(super) fn read(node: &Node, complaints: &mut Complaints) -> Vec<Entry> {
    let Some(fields) = Fields::of(node, "\"studio.normalization\"", None, complaints) else { return Vec::new() };
    let entries = fields.members().iter().filter_map(|member| {
        let names = names(&member.key, &member.node, complaints)?;
        Some(Entry { server: member.key.clone(), line: member.line, names })
    });
    entries.collect()
}

/// Each strategy with its server. A server that is not configured is an error: its results would silently keep their names.
pub(super) fn of_servers(
    entries: Vec<Entry>,
    servers: &IndexMap<ServerName, ServerSettings>,
    complaints: &mut Complaints,
) -> IndexMap<ServerName, FieldNames> {
    let mut strategies = IndexMap::new();
    for Entry { server, line, names } in entries {
        if let Some(name) = servers.keys().find(|name| name.as_str() == server) {
            strategies.insert(name.clone(), names);
            continue;
        }
        let near = nearest(&server, servers.keys().map(ServerName::as_str));
        let hint =
            near.map_or_else(|| "it must be a key of \"mcpServers\"".to_owned(), |near| format!("did you mean \"{near}\"?"));
        complaints.error(line, format!("\"studio.normalization\": there is no server \"{server}\""), hint);
    }
    strategies
}

fn names(server: &str, node: &Node, complaints: &mut Complaints) -> Option<FieldNames> {
    match &node.value {
        Value::String(word) => strategy(server, word, node.line, complaints).map(FieldNames::from),
        Value::Object(_) => described(server, node, complaints),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            let kind = node.value.kind();
            let message = format!("\"studio.normalization\": \"{server}\" must be a strategy or an object, but is {kind}");
            complaints.error(node.line, message, format!("use {}", Normalization::WORDS.join(", ")));
            None
        }
    }
}

fn strategy(server: &str, word: &str, line: u32, complaints: &mut Complaints) -> Option<Normalization> {
    Normalization::of_word(word).or_else(|| {
        let near = nearest(word, Normalization::WORDS);
        let words = || format!("use {}, or {{\"prefixes\": {{...}}}}", Normalization::WORDS.join(", "));
        let hint = near.map_or_else(words, |near| format!("did you mean \"{near}\"?"));
        complaints.error(line, format!("\"studio.normalization\": \"{server}\": unknown strategy \"{word}\""), hint);
        None
    })
}

/// `{"strategy": WORD}` or `{"prefixes": {FROM: TO}}`, each with `"arguments"`.
fn described(server: &str, node: &Node, complaints: &mut Complaints) -> Option<FieldNames> {
    let owner = format!("\"studio.normalization\": \"{server}\"");
    let fields = Fields::of(node, owner.clone(), Some(KEYS), complaints)?;
    let results = match (fields.text("strategy", complaints), fields.get("prefixes").is_some()) {
        (Some((word, line)), false) => strategy(server, word, line, complaints)?,
        (Some(_), true) => {
            complaints.error(node.line, format!("{owner} has \"strategy\" and \"prefixes\""), "only one of them is possible");
            return None;
        }
        (None, _) => prefixes(&owner, &fields, node.line, complaints)?,
    };
    let back = fields.flag("arguments", complaints).unwrap_or_default();
    let arguments = if back { ArgumentNames::ChangedBack } else { ArgumentNames::AsWritten };
    Some(FieldNames { results, arguments })
}

fn prefixes(owner: &str, fields: &Fields<'_>, line: u32, complaints: &mut Complaints) -> Option<Normalization> {
    let pairs = fields.text_map("prefixes", complaints);
    match PrefixMap::new(pairs.into_iter().map(|(from, (to, _))| (from.to_owned(), to.to_owned()))) {
        Ok(map) => Some(Normalization::Prefixes(map)),
        Err(reason) => {
            complaints.error(
                line,
                format!("{owner}: {reason}"),
                "no replacement may begin with a prefix of the map, or the other way round",
            );
            None
        }
    }
}
