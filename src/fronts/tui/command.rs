//! The command line that does what is selected without the workbench.

use serde_json::{Map, Value};

use super::model::Model;
use super::pane::Pane;
use super::tool_pane::Tab;
use super::tree::{TreeRow, WorkRow};
use crate::types::ToolId;

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
        Pane::Pins => format!("pins diff {}", quoted(&model.pins.chosen()?.target)),
        Pane::Steps => format!("steps {}", quoted(&model.world.session)),
        Pane::Policy => "policy show".to_owned(),
    };
    Some(format!("{} {verb}", model.world.program))
}

fn of_row(model: &Model) -> Option<String> {
    let row = model.tree_row()?;
    let (server, _) = model.world.servers.get(row.server())?;
    let offer = model.world.offer(row.server());
    let text = |list: &[Value], at: usize, key: &str| list.get(at)?.get(key)?.as_str().map(quoted);
    let server = quoted(server.as_str());
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
    let server = quoted(id.server.as_str());
    Some(match model.tool.tab {
        Tab::Schema => format!("get-tool {} --detail schema", quoted(&id.to_string())),
        Tab::Wrapper => format!("generate {server}"),
        Tab::Discovered => format!("discover {server}"),
        Tab::Traffic => format!("traffic {server}"),
        Tab::Call => call(id, &arguments_of(model, id)),
    })
}

fn of_script(model: &Model) -> Option<String> {
    Some(format!("exec {}", quoted(&model.target_script()?.to_string_lossy())))
}

fn arguments_of(model: &Model, tool: &ToolId) -> Value {
    model.tool.arguments_of(tool).unwrap_or_else(|| Value::Object(Map::new()))
}

fn call(tool: &ToolId, arguments: &Value) -> String {
    format!("call {} {} --json", quoted(&tool.to_string()), quoted(&arguments.to_string()))
}

/// `text` as one word for a POSIX shell.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_for_a_shell_stays_one_word() {
        assert_eq!(quoted("git__git_status"), "git__git_status");
        assert_eq!(quoted(r#"{"a":"it's $HOME"}"#), r#"'{"a":"it'\''s $HOME"}'"#);
        assert_eq!(quoted(""), "''");
    }
}
