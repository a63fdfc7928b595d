//! A small form over the panes: the arguments of a prompt, the variables of a resource template, the name of a saved call.

use ratatui::layout::Rect;
use serde_json::{Map, Value, json};

use super::form::CallForm;
use super::page::{Entry, Page};
use super::sheets::prose;
use super::template::{expand, variables};
use super::theme::DIM;
use super::tool_effects::ToolEffect;
use crate::types::{ServerName, ToolId};

/// Rows of a form at the most; one with more fields is scrolled.
const MOST_ROWS: u16 = 18;

/// A form over the panes.
#[derive(Debug)]
pub struct Fill {
    /// Its title.
    pub title: String,
    /// What it is for.
    pub(crate) page: Page,
    /// Its fields.
    pub(crate) form: CallForm,
    purpose: Purpose,
}

/// What is done with what was filled in.
#[derive(Debug)]
enum Purpose {
    Prompt(ServerName, String),
    Template(ServerName, String),
    SaveCall(ToolId, Value),
}

impl Fill {
    /// The arguments of a prompt; none where it takes none.
    pub(crate) fn prompt(server: &ServerName, prompt: &Value) -> Option<Self> {
        let name = prompt.get("name")?.as_str()?.to_owned();
        let listed = prompt.get("arguments").and_then(Value::as_array).filter(|listed| !listed.is_empty())?;
        let named = |argument: &Value| argument.get("name").and_then(Value::as_str).map(str::to_owned);
        let required: Vec<Value> = listed
            .iter()
            .filter(|argument| argument.get("required") == Some(&Value::Bool(true)))
            .filter_map(named)
            .map(Value::from)
            .collect();
        let properties: Map<String, Value> = listed
            .iter()
            .filter_map(|argument| {
                let about = argument.get("description").cloned().unwrap_or_default();
                Some((named(argument)?, json!({"type": "string", "description": about})))
            })
            .collect();
        let schema = json!({"type": "object", "properties": properties, "required": required});
        Some(Self::new(&name.clone(), about(prompt), &schema, Purpose::Prompt(server.clone(), name)))
    }

    /// The variables of a resource template; none where it has none.
    pub(crate) fn template(server: &ServerName, template: &Value) -> Option<Self> {
        let uri = template.get("uriTemplate")?.as_str()?.to_owned();
        let names = variables(&uri);
        if names.is_empty() {
            return None;
        }
        let properties: Map<String, Value> = names.into_iter().map(|name| (name, json!({"type": "string"}))).collect();
        let schema = json!({"type": "object", "properties": properties});
        Some(Self::new(&uri.clone(), about(template), &schema, Purpose::Template(server.clone(), uri)))
    }

    /// The name under which a call is saved.
    pub(crate) fn save_call(tool: &ToolId, arguments: Value) -> Self {
        let about = "Kept as a text file in the folder \"calls\" of the workspace, to be opened from the scripts pane.";
        let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
        let mut fill = Self::new("Save the call", about, &schema, Purpose::SaveCall(tool.clone(), arguments));
        fill.form.put(&json!({"name": &*tool.tool}));
        fill
    }

    fn new(title: &str, about: &str, schema: &Value, purpose: Purpose) -> Self {
        let page = Page::prose(prose(about, DIM).into_iter().chain([Entry::default()]).collect());
        Self { title: title.to_owned(), page, form: CallForm::of_schema(schema), purpose }
    }

    /// What is to be done with what was filled in; nothing while something is wrong with it, which the form shows.
    pub(crate) fn submit(&mut self) -> Option<ToolEffect> {
        let given = match self.form.arguments() {
            Ok(Value::Object(given)) => given,
            Ok(_) => Map::new(),
            Err(error) => {
                self.form.show_error(error);
                return None;
            }
        };
        Some(match &self.purpose {
            Purpose::Prompt(server, name) => ToolEffect::GetPrompt(server.clone(), name.clone(), given),
            Purpose::Template(server, uri) => ToolEffect::ReadResource(server.clone(), expand(uri, &given)),
            Purpose::SaveCall(tool, arguments) => {
                let name = given.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                ToolEffect::SaveCall(name, tool.clone(), arguments.clone())
            }
        })
    }

    /// Rows it takes with its border: its text, and for each field its input, a line about it and what is wrong.
    pub(crate) fn rows(&self) -> u16 {
        let text = u16::try_from(self.page.lines.len()).unwrap_or(u16::MAX);
        let fields = u16::try_from(self.form.fields()).unwrap_or(u16::MAX);
        text.saturating_add(fields.saturating_mul(2)).saturating_add(3).min(MOST_ROWS)
    }

    /// Where the text and the form are within the border.
    pub(crate) fn split(&self, inside: Rect) -> (Rect, Rect) {
        let text = u16::try_from(self.page.lines.len()).unwrap_or(u16::MAX).min(inside.height / 2);
        let form = Rect { y: inside.y + text, height: inside.height - text, ..inside };
        (Rect { height: text, ..inside }, form)
    }
}

fn about(definition: &Value) -> &str {
    definition.get("description").and_then(Value::as_str).unwrap_or_default()
}
