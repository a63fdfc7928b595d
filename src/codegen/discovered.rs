//! `discovered_types.py`: models of what tools really answered, without any promise of the server.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::annotation::{Style, annotation};
use super::describe::paragraphs;
use super::literal::{docstring, quote};
use super::module::{TEXT_WIDTH, class, imports, visit};
use super::names::{ClassNames, NameMap, Role};
use super::package::{ToolNames, formatted};
use super::schema::read_tool;
use super::types::{Class, Field, ToolTypes, Type};
use crate::types::{ServerName, ToolAnnotations, ToolId, ToolSpec};

/// Stands at the head of the file, and in no file of a user: what the next discovery may replace. It is not
/// [`super::GENERATED_MARK`], because generating wrappers must leave the file alone.
pub const DISCOVERED_MARK: &str = "Discovered by mcp-studio; do not edit.";

/// What was learnt about the replies of one tool.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscoveredTool {
    /// Its wire name.
    pub tool: String,
    /// A JSON Schema of its replies.
    pub schema: Value,
    /// What the docstring says. Free text.
    pub about: String,
}

/// The module of one server. All tools share it, so their schemas are read as the fields of one object: names never clash.
pub fn discovered(server: &ServerName, tools: &[DiscoveredTool]) -> String {
    let names = NameMap::new(Role::Function, tools.iter().map(|tool| tool.tool.as_str()));
    let field = |tool: &DiscoveredTool| format!("{} result", names.get(&tool.tool));
    let types = read_tool(&joined(server, tools, field), "Arguments", "Results", "results");
    let mut taken = ClassNames::avoiding(types.classes.iter().map(|class| class.name.clone()));
    let (mut body, mut all, mut done) = (String::new(), Vec::new(), BTreeSet::from([types.params]));
    for tool in tools {
        let Some(Field { value, .. }) = fields(&types).iter().find(|one| one.wire == field(tool)) else { continue };
        body.push_str(&classes(value, &types, &mut done));
        if let Type::Class(id) = value {
            all.extend(types.classes.get(*id).map(|class| class.name.clone()));
            continue;
        }
        let name = taken.take(&field(tool));
        let about = docstring(&paragraphs(&tool.about, TEXT_WIDTH), 0);
        let _ = writeln!(body, "{name}: TypeAlias = {}\n{about}\n\n", annotation(value, Style::Exact, &types.classes));
        all.push(name);
    }
    formatted(&module(server, &body, all))
}

fn module(server: &ServerName, body: &str, mut all: Vec<String>) -> String {
    let head = docstring(
        &[
            format!("What tools of the server `{server}` answered. {DISCOVERED_MARK}"),
            String::new(),
            "These models come from samples, not from the server: it promises none of this. Write defensively: any field may be"
                .to_owned(),
            "absent (UNSET), further ones may come, and values may be of other types than those seen so far.".to_owned(),
        ],
        0,
    );
    all.sort_unstable();
    let all: Vec<String> = all.iter().map(|name| quote(name)).collect();
    let kind = if all.is_empty() { ": list[str]" } else { "" };
    let imports = imports(body);
    format!("{head}\n\nfrom __future__ import annotations\n\n{imports}\n\n__all__{kind} = [{}]\n\n\n{body}", all.join(", "))
}

/// One imaginary tool whose result has a field for each tool's replies.
fn joined(server: &ServerName, tools: &[DiscoveredTool], field: impl Fn(&DiscoveredTool) -> String) -> ToolSpec {
    let properties: Map<String, Value> = tools.iter().map(|tool| (field(tool), described(tool))).collect();
    ToolSpec {
        id: ToolId::new(server.clone(), "results"),
        title: None,
        description: None,
        input_schema: json!({"type": "object"}),
        output_schema: Some(json!({"type": "object", "properties": properties})),
        annotations: ToolAnnotations::default(),
        raw: Value::Null,
        bytes: 0,
    }
}

fn described(tool: &DiscoveredTool) -> Value {
    let mut schema = tool.schema.clone();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), Value::from(tool.about.as_str()));
    }
    schema
}

fn fields(types: &ToolTypes) -> &[Field] {
    let Type::Class(root) = types.result else { return &[] };
    types.classes.get(root).map_or(&[], |class| class.fields.as_slice())
}

/// The classes `value` needs that are not written yet.
fn classes(value: &Type, types: &ToolTypes, done: &mut BTreeSet<usize>) -> String {
    let mut ordered = Vec::new();
    visit(value, types, done, &mut ordered);
    let nobody = ToolNames { function: String::new(), params: String::new(), result: String::new() };
    let written = ordered.into_iter().filter_map(|id| {
        let known: &Class = types.classes.get(id)?;
        Some(class(types, id, known, &nobody))
    });
    written.collect()
}
