//! What goes to the person's own programs: a script, arguments, an answer or output, under the right name.

use std::path::PathBuf;

use super::model::Model;
use super::pane::Pane;
use super::text::result::Form;
use super::tool_pane::Tab;
use crate::types::{RunId, ToolId};

/// A text that is opened in the person's editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What becomes of it afterwards.
    pub purpose: Purpose,
    /// The name of the file it stands in, whose ending says what it is.
    pub name: String,
    /// The text; of a script that is edited in place, and of output, nothing.
    pub text: String,
}

/// What becomes of an edited text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// It is this script.
    Script(PathBuf),
    /// It becomes the arguments in the form of this tool.
    Arguments(ToolId),
    /// It is the output of this run, and only read.
    Output(RunId),
    /// It was only read.
    Reading,
}

/// What the keys are on, to be edited or read outside; why not, where it cannot be.
pub(super) fn target(model: &Model) -> Result<Edit, &'static str> {
    match model.focus {
        Pane::Editor | Pane::Scripts | Pane::Servers => {
            let path = model.target_script().ok_or("no script is open or selected")?;
            if model.editor.path.as_ref() == Some(&path) && model.editor.dirty() {
                return Err("save the script first");
            }
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Ok(Edit { purpose: Purpose::Script(path), name, text: String::new() })
        }
        Pane::Tool => of_tool(model),
        Pane::Output => {
            let run = model.run().filter(|run| run.output_lines > 0).ok_or("nothing was printed")?;
            Ok(Edit { purpose: Purpose::Output(run.id), name: "output.txt".to_owned(), text: String::new() })
        }
        Pane::Policy => {
            let text = model.rules.copied().ok_or("the policy has not been read yet")?;
            Ok(Edit { purpose: Purpose::Reading, name: "policy.txt".to_owned(), text })
        }
        Pane::Steps | Pane::Pins => Err("choose a script, a call form, an answer, a wrapper or the output"),
    }
}

fn of_tool(model: &Model) -> Result<Edit, &'static str> {
    let spec = model.tool.spec.as_ref().ok_or("no tool is shown")?;
    let answer = model.tool.shown_answer().filter(|_| model.tool.tab == Tab::Call && !model.tool.filling());
    if let (Tab::Call, None) = (model.tool.tab, answer) {
        let arguments = model.tool.arguments_of(&spec.id).unwrap_or_else(|| serde_json::json!({}));
        let text = serde_json::to_string_pretty(&arguments).unwrap_or_default() + "\n";
        return Ok(Edit { purpose: Purpose::Arguments(spec.id.clone()), name: "arguments.json".to_owned(), text });
    }
    let name = match (model.tool.tab, answer) {
        (Tab::Wrapper, _) => "wrapper.py",
        (Tab::Call, Some(answer)) => match answer.best_form() {
            Some(Form::Rendered) => "result.md",
            Some(Form::Text) | None => "result.txt",
            Some(Form::Table | Form::Tree | Form::Wire) => "result.json",
        },
        (Tab::Schema, _) => "definition.json",
        _ => "text.txt",
    };
    let text = model.tool.copied().ok_or("there is no text to open")?;
    Ok(Edit { purpose: Purpose::Reading, name: name.to_owned(), text })
}

/// Why nothing can be opened outside now.
pub(super) fn nothing_to_open(model: &Model) -> Option<&'static str> {
    target(model).err()
}

/// Why nothing can be piped.
pub(super) fn nothing_to_pipe(model: &Model) -> Option<&'static str> {
    if model.focus == Pane::Output {
        return model.run().is_none_or(|run| run.output_lines == 0).then_some("nothing was printed");
    }
    model.tool.copied().is_none().then_some("there is no text to pipe")
}
