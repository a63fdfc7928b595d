//! The module of one tool: its classes and its function, as Python source.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::annotation::{Style, annotation};
use super::describe::{one_line, paragraphs};
use super::discovered::DISCOVERED_MODULE;
use super::literal::{docstring, json, quote};
use super::package::{Told, ToolNames};
use super::types::{Class, ClassId, Field, Further, ToolTypes, Type};
use crate::types::ToolSpec;

/// Columns of a docstring, its indentation not counted.
pub(super) const TEXT_WIDTH: usize = 100;

/// What the modules of `mcp_execution.wrappers` offer, in the order ruff sorts them.
const RUNTIME: &[&str] =
    &["UNSET", "ClosedModel", "Integer", "Json", "Nothing", "Number", "OneOf", "OpenModel", "Tool", "Unset", "Wire"];

/// The source of a tool's module, not yet formatted.
pub(super) fn module(told: &Told<'_>) -> String {
    let Told { tool, names, types, .. } = *told;
    let classes: String =
        order(types).into_iter().filter_map(|id| Some(class(types, id, types.classes.get(id)?, names))).collect();
    let function = function(told);
    let id = quote(&tool.id.to_string());
    let result = result(names, types, Style::Exact);
    let discovered = if told.discovered { ", discovered=True" } else { "" };
    let body = format!("{classes}_tool = Tool[{}, {result}]({id}{discovered})\n\n\n@_tool.wrapper\n{function}", names.params);
    let head = docstring(&[head_line(tool)], 0);
    let models = names.discovered.as_ref().map(|name| format!("from .{DISCOVERED_MODULE} import {name}\n\n"));
    let models = models.unwrap_or_default();
    format!("{head}\n\nfrom __future__ import annotations\n\n{}\n{models}\n{body}", imports(&body))
}

/// `async def git_log(*, repo_path: str, max_count: int | Unset = UNSET) -> Json`.
pub(super) fn signature(names: &ToolNames, types: &ToolTypes) -> String {
    let params = types.classes.get(types.params);
    let fields = params.map(arguments).unwrap_or_default();
    let mut parts: Vec<String> = fields.iter().map(|field| parameter(field, types)).collect();
    if !parts.is_empty() {
        parts.insert(0, "*".to_owned());
    }
    if let Some(Class { further: Further::Open(values), .. }) = params {
        parts.push(format!("**_more: {}", annotation(values, Style::Plain, &types.classes)));
    }
    let result = result(names, types, Style::Plain);
    format!("async def {}({}) -> {result}", names.function, parts.join(", "))
}

fn result(names: &ToolNames, types: &ToolTypes, style: Style) -> String {
    names.discovered.clone().unwrap_or_else(|| annotation(&types.result, style, &types.classes))
}

/// `await git_log(repo_path="")`.
pub(super) fn call(names: &ToolNames, types: &ToolTypes) -> String {
    let fields = types.classes.get(types.params).map(arguments).unwrap_or_default();
    let required = fields.iter().filter(|field| field.required);
    let arguments: Vec<String> = required.map(|field| format!("{}={}", field.name, placeholder(&field.value))).collect();
    format!("await {}({})", names.function, arguments.join(", "))
}

fn head_line(tool: &ToolSpec) -> String {
    format!("Tool `{}` of the server `{}`. {}", one_line(&tool.id.tool), tool.id.server, super::package::MARK)
}

/// The arguments a function names: required ones first, and none that must be absent.
fn arguments(params: &Class) -> Vec<&Field> {
    let mut fields: Vec<&Field> = params.fields.iter().filter(|field| field.required || field.value != Type::Nothing).collect();
    fields.sort_by_key(|field| !field.required);
    fields
}

fn parameter(field: &Field, types: &ToolTypes) -> String {
    let value = annotation(&field.value, Style::Plain, &types.classes);
    let optional = if field.required { "" } else { " | Unset = UNSET" };
    format!("{}: {value}{optional}", field.name)
}

/// A value of the right type, to be replaced by the author of a script.
fn placeholder(value: &Type) -> String {
    match value {
        Type::Json | Type::Nothing | Type::Null => "None".to_owned(),
        Type::Boolean => "False".to_owned(),
        Type::Integer(bounds) | Type::Number(bounds) => bounds.least.clone().unwrap_or_else(|| "0".to_owned()),
        Type::Text(_) => "\"\"".to_owned(),
        Type::Literal(values) => values.first().map_or_else(|| "None".to_owned(), json),
        Type::List(..) => "[]".to_owned(),
        Type::Tuple(items) => format!("[{}]", items.iter().map(placeholder).collect::<Vec<_>>().join(", ")),
        Type::Map(_) | Type::Class(_) => "{}".to_owned(),
        Type::Union(union) => union.members.first().map_or_else(|| "None".to_owned(), placeholder),
    }
}

/// The classes that arguments and result need, each after those it needs itself where there is no circle.
fn order(types: &ToolTypes) -> Vec<ClassId> {
    let mut ordered = Vec::new();
    let mut seen = BTreeSet::new();
    visit_class(types.params, types, &mut seen, &mut ordered);
    visit(&types.result, types, &mut seen, &mut ordered);
    ordered
}

fn visit_class(id: ClassId, types: &ToolTypes, seen: &mut BTreeSet<ClassId>, ordered: &mut Vec<ClassId>) {
    if !seen.insert(id) {
        return;
    }
    for field in types.classes.get(id).iter().flat_map(|class| &class.fields) {
        visit(&field.value, types, seen, ordered);
    }
    if let Some(Class { further: Further::Open(values), .. }) = types.classes.get(id) {
        visit(values, types, seen, ordered);
    }
    ordered.push(id);
}

pub(super) fn visit(value: &Type, types: &ToolTypes, seen: &mut BTreeSet<ClassId>, ordered: &mut Vec<ClassId>) {
    match value {
        Type::Class(id) => visit_class(*id, types, seen, ordered),
        Type::List(inner, _) | Type::Map(inner) => visit(inner, types, seen, ordered),
        Type::Tuple(items) => items.iter().for_each(|item| visit(item, types, seen, ordered)),
        Type::Union(union) => union.members.iter().for_each(|member| visit(member, types, seen, ordered)),
        Type::Json
        | Type::Nothing
        | Type::Null
        | Type::Boolean
        | Type::Integer(_)
        | Type::Number(_)
        | Type::Text(_)
        | Type::Literal(_) => {}
    }
}

/// The imports that `body` needs. Words in its docstrings need none.
pub(super) fn imports(body: &str) -> String {
    let code: String = body.split("\"\"\"").step_by(2).collect();
    let uses = |name: &&&str| {
        code.match_indices(**name).any(|(at, _)| {
            let before = code[..at].chars().next_back();
            let after = code[at + name.len()..].chars().next();
            let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !is_word(before) && !is_word(after)
        })
    };
    let line = |module: &str, names: &[&str]| {
        let used: Vec<&str> = names.iter().filter(uses).copied().collect();
        if used.is_empty() { String::new() } else { format!("from {module} import {}\n", used.join(", ")) }
    };
    let typing = line("typing", &["Annotated", "Literal", "TypeAlias"]);
    let typing = if typing.is_empty() { typing } else { format!("{typing}\n") };
    format!("{typing}{}{}", line("mcp_execution.wrappers", RUNTIME), line("pydantic", &["Field"]))
}

pub(super) fn class(types: &ToolTypes, id: ClassId, class: &Class, names: &ToolNames) -> String {
    let base = if class.further == Further::Closed { "ClosedModel" } else { "OpenModel" };
    let is_params = id == types.params;
    let description = match &class.description {
        _ if is_params => vec![format!("Arguments of `{}`.", names.function)],
        Some(description) => paragraphs(description, TEXT_WIDTH),
        None => Vec::new(),
    };
    let mut text = format!("class {}({base}):\n", class.name);
    if !description.is_empty() {
        let _ = write!(text, "    {}\n\n", docstring(&description, 4));
    }
    let closed_to = |field: &&Field| class.further == Further::Closed && field.value == Type::Nothing && !field.required;
    for field in class.fields.iter().filter(|field| !closed_to(field)) {
        text.push_str(&field_line(field, types));
        if !is_params && let Some(about) = about(field) {
            let _ = writeln!(text, "    {}", docstring(&paragraphs(&about, TEXT_WIDTH), 4));
        }
    }
    if class.fields.is_empty() && description.is_empty() {
        text.push_str("    pass\n");
    }
    text.push_str("\n\n");
    text
}

fn field_line(field: &Field, types: &ToolTypes) -> String {
    let mut value = annotation(&field.value, Style::Exact, &types.classes);
    if !field.required {
        value.push_str(" | Unset");
    }
    if field.name != field.wire {
        value = format!("Annotated[{value}, Wire({})]", quote(&field.wire));
    }
    format!("    {}: {value}{}\n", field.name, if field.required { "" } else { " = UNSET" })
}

/// Description and details of a field in one text.
fn about(field: &Field) -> Option<String> {
    let details = field.details.join(", ");
    match &field.description {
        Some(description) if details.is_empty() => Some(description.clone()),
        Some(description) => Some(format!("{} ({details})", description.trim_end())),
        None if details.is_empty() => None,
        None => Some(details),
    }
}

fn function(told: &Told<'_>) -> String {
    let Told { names, types, .. } = *told;
    let params = types.classes.get(types.params);
    let mut entries: Vec<String> = params
        .map(arguments)
        .unwrap_or_default()
        .into_iter()
        .map(|field| format!("{}: {}", quote(&field.wire), field.name))
        .collect();
    if params.is_some_and(|params| params.further != Further::Closed) {
        entries.push("**_more".to_owned());
    }
    let lines = function_text(told);
    let documentation = if lines.is_empty() { String::new() } else { format!("    {}\n", docstring(&lines, 4)) };
    let signature = signature(names, types);
    format!("{signature}:\n{documentation}    return await _tool.call({{{}}})\n", entries.join(", "))
}

/// Title, description, hints, arguments and remarks.
fn function_text(told: &Told<'_>) -> Vec<String> {
    let Told { tool, types, .. } = *told;
    let mut blocks: Vec<Vec<String>> = Vec::new();
    let title = tool.title.as_deref().map(one_line).filter(|title| !title.is_empty());
    blocks.extend(title.map(|title| vec![title]));
    blocks.extend(tool.description.as_deref().map(|text| paragraphs(text, TEXT_WIDTH)));
    blocks.extend(hints(tool));
    blocks.extend(types.classes.get(types.params).and_then(argument_lines));
    let models = told.discovered.then_some("The type of the result was discovered from replies; the server does not promise it.");
    blocks.extend([models, told.field_names].into_iter().flatten().map(|text| paragraphs(text, TEXT_WIDTH)));
    if !types.notes.is_empty() {
        let mut lines = vec!["Note:".to_owned()];
        lines.extend(types.notes.iter().flat_map(|note| indented(note)));
        blocks.push(lines);
    }
    blocks.retain(|block| block.iter().any(|line| !line.is_empty()));
    blocks.join(&String::new())
}

fn hints(tool: &ToolSpec) -> Option<Vec<String>> {
    let annotations = &tool.annotations;
    let words = [
        (annotations.read_only, "read-only", "not read-only"),
        (annotations.destructive, "destructive", "not destructive"),
        (annotations.idempotent, "idempotent", "not idempotent"),
        (annotations.open_world, "open-world", "closed-world"),
    ];
    let said: Vec<&str> = words.iter().filter_map(|(hint, yes, no)| hint.map(|hint| if hint { *yes } else { *no })).collect();
    (!said.is_empty()).then(|| vec![format!("The server says: {}.", said.join(", "))])
}

fn argument_lines(params: &Class) -> Option<Vec<String>> {
    let mut lines = vec!["Args:".to_owned()];
    for field in arguments(params) {
        if let Some(about) = about(field) {
            lines.extend(indented(&format!("{}: {}", field.name, about.trim_start())));
        }
    }
    (lines.len() > 1).then_some(lines)
}

fn indented(text: &str) -> Vec<String> {
    let mut lines = paragraphs(text, TEXT_WIDTH - 8);
    for (index, line) in lines.iter_mut().enumerate().filter(|(_, line)| !line.is_empty()) {
        line.insert_str(0, if index == 0 { "    " } else { "        " });
    }
    lines
}
