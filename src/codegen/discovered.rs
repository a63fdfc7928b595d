//! `discovered_types.py`: models of what tools really answered, without any promise of the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::annotation::{Style, annotation};
use super::describe::paragraphs;
use super::literal::{docstring, quote};
use super::module::{TEXT_WIDTH, class, imports, visit};
use super::names::{ClassNames, NameMap, Role};
use super::package::{ToolNames, formatted};
use super::schema::read_tool;
use super::types::{Class, ClassId, Field, ToolTypes, Type};
use crate::types::{ServerName, ToolAnnotations, ToolId, ToolSpec};

/// Stands at the head of the file, and in no file of a user: what the next discovery may replace. It is not
/// [`super::GENERATED_MARK`], because generating wrappers must leave the file alone.
pub const DISCOVERED_MARK: &str = "Discovered by mcp-studio; do not edit.";

/// The module they stand in.
pub(super) const DISCOVERED_MODULE: &str = "discovered_types";

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

/// The models of one server's replies. All tools share a module, so their schemas are read as the fields of one object:
/// names never clash.
#[derive(Debug)]
pub struct Models {
    server: ServerName,
    types: ToolTypes,
    /// By the wire name of the tool.
    by_tool: BTreeMap<String, Model>,
}

/// The model of one tool's replies.
#[derive(Debug, Clone)]
pub struct Model {
    /// What it is called in the module: a class, or another name for a type.
    pub name: String,
    /// Its type, where that needs no class.
    pub(super) plain: Option<Type>,
    value: Type,
    about: String,
}

impl Models {
    /// Reads what was learnt.
    pub fn new(server: &ServerName, tools: &[DiscoveredTool]) -> Self {
        let names = NameMap::new(Role::Function, tools.iter().map(|tool| tool.tool.as_str()));
        let field = |tool: &DiscoveredTool| format!("{} result", names.get(&tool.tool));
        let types = read_tool(&joined(server, tools, field), "Arguments", "Results", "results");
        let mut taken = ClassNames::avoiding(types.classes.iter().map(|class| class.name.clone()));
        let mut by_tool = BTreeMap::new();
        for tool in tools {
            let Some(Field { value, .. }) = fields(&types).iter().find(|one| one.wire == field(tool)) else { continue };
            let class = if let Type::Class(id) = value { types.classes.get(*id) } else { None };
            let name = class.map_or_else(|| taken.take(&field(tool)), |class| class.name.clone());
            let plain = Some(value).filter(|value| needed(value, &types).is_empty()).cloned();
            by_tool.insert(tool.tool.clone(), Model { name, plain, value: value.clone(), about: tool.about.clone() });
        }
        Self { server: server.clone(), types, by_tool }
    }

    /// The model of a tool's replies.
    pub fn of(&self, tool: &str) -> Option<&Model> {
        self.by_tool.get(tool)
    }

    /// The text of `discovered_types.py`.
    pub fn module(&self) -> String {
        let mut done = BTreeSet::from([self.types.params]);
        let body: String = self.by_tool.values().map(|model| self.text(model, &mut done)).collect();
        let names = self.by_tool.values().map(|model| model.name.as_str()).collect();
        formatted(&module(&self.server, &body, names))
    }

    /// The part of it that types the replies of one tool.
    pub fn excerpt(&self, tool: &str) -> Option<String> {
        let text = self.text(self.of(tool)?, &mut BTreeSet::from([self.types.params]));
        Some(formatted(text.trim_end()))
    }

    fn text(&self, model: &Model, done: &mut BTreeSet<ClassId>) -> String {
        let mut text = classes(&model.value, &self.types, done);
        if !matches!(model.value, Type::Class(_)) {
            let about = docstring(&paragraphs(&model.about, TEXT_WIDTH), 0);
            let value = annotation(&model.value, Style::Exact, &self.types.classes);
            let _ = writeln!(text, "{}: TypeAlias = {value}\n{about}\n\n", model.name);
        }
        text
    }
}

fn module(server: &ServerName, body: &str, mut all: Vec<&str>) -> String {
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
    format!("{head}\n\nfrom __future__ import annotations\n\n{imports}\n__all__{kind} = [{}]\n\n\n{body}", all.join(", "))
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

/// The classes that `value` needs, each after those it needs itself.
fn needed(value: &Type, types: &ToolTypes) -> Vec<ClassId> {
    let mut ordered = Vec::new();
    visit(value, types, &mut BTreeSet::new(), &mut ordered);
    ordered
}

/// The classes `value` needs that are not written yet.
fn classes(value: &Type, types: &ToolTypes, done: &mut BTreeSet<ClassId>) -> String {
    let nobody = ToolNames { function: String::new(), params: String::new(), result: String::new(), discovered: None };
    let written = needed(value, types).into_iter().filter(|id| done.insert(*id)).filter_map(|id| {
        let known: &Class = types.classes.get(id)?;
        Some(class(types, id, known, &nobody))
    });
    written.collect()
}
