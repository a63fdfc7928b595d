//! The command line that does what is selected without the workbench.

use serde_json::{Map, Value};

use super::model::Model;
use super::pane::Pane;
use super::tool_pane::Tab;
use super::tree::{TreeRow, WorkRow};
use crate::types::{ToolId, shell_word};

/// The project's command that does what is selected, for a shell.
pub(super) fn command(model: &Model) -> Option<String> {
    let verb = match model.focus {
        Pane::Servers => of_row(model)?,
        Pane::Tool => of_tool(model)?,
        Pane::Scripts => match model.work_row()? {
            WorkRow::Call(at) => {
                let (tool, arguments) = model.world.saved.get(at)?.call.as_ref().ok()?;
                call(tool, &Value::Object(arguments.clone()))
            }
            WorkRow::Script(_) | WorkRow::Run(_) | WorkRow::Calls | WorkRow::Runs => of_script(model)?,
        },
        Pane::Editor | Pane::Output => of_script(model)?,
        Pane::Pins => format!("pins diff {}", shell_word(&model.pins.chosen()?.target)),
        Pane::Steps => format!("steps {}", shell_word(&model.world.session)),
        Pane::Policy => "policy show".to_owned(),
    };
    Some(format!("{} {verb}", model.world.program))
}

fn of_row(model: &Model) -> Option<String> {
    let row = model.tree_row()?;
    let (server, _) = model.world.servers.get(row.server())?;
    let offer = model.world.offer(row.server());
    let text = |list: &[Value], at: usize, key: &str| list.get(at)?.get(key)?.as_str().map(shell_word);
    let server = shell_word(server.as_str());
    match row {
        TreeRow::Server(_) => Some(format!("list-tools {server}")),
        TreeRow::Tool(..) => {
            let tool = model.target_tool()?;
            Some(call(&tool.id, &arguments_of(model, &tool.id)))
        }
        TreeRow::Prompt(_, at) => Some(format!("get-prompt {server} {}", text(&offer?.prompts, at, "name")?)),
        TreeRow::Resource(_, at) => Some(format!("read-resource {server} {}", text(&offer?.resources, at, "uri")?)),
        TreeRow::Template(_, at) => {
            Some(format!("read-resource {server} {}", text(&offer?.resource_templates, at, "uriTemplate")?))
        }
    }
}

fn of_tool(model: &Model) -> Option<String> {
    let id = &model.tool.spec.as_ref()?.id;
    let server = shell_word(id.server.as_str());
    Some(match model.tool.tab {
        Tab::Schema => format!("get-tool {} --detail schema", shell_word(&id.to_string())),
        Tab::Wrapper => format!("generate {server}"),
        Tab::Discovered => format!("discover {server}"),
        Tab::Traffic => format!("traffic {server}"),
        Tab::Call => call(id, &arguments_of(model, id)),
    })
}

fn of_script(model: &Model) -> Option<String> {
    Some(format!("exec {}", shell_word(&model.target_script()?.to_string_lossy())))
}

fn arguments_of(model: &Model, tool: &ToolId) -> Value {
    model.tool.arguments_of(tool).unwrap_or_else(|| Value::Object(Map::new()))
}

fn call(tool: &ToolId, arguments: &Value) -> String {
    format!("call {} {} --json", shell_word(&tool.to_string()), shell_word(&arguments.to_string()))
}
