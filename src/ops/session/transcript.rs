//! A transcript as its author writes it, in JSON or YAML. Unknown keys are errors; docs/sessions.md describes each.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::expect::Expectation;
use super::references;
use crate::sys::files::storage;
use crate::types::limits::{TRANSCRIPT_BYTES, TRANSCRIPT_STEPS};
use crate::types::{Channel, Failure, FailureKind, Place, Role, ToolId, text_hash};

/// A transcript, read and checked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// What it is called in records; the file's name where it does not say.
    #[serde(default)]
    pub name: String,
    /// The model it was made for.
    #[serde(default)]
    pub model: Option<String>,
    /// Whether steps go on after one that did not go as expected.
    #[serde(default)]
    pub after_failure: AfterFailure,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// SHA-256 of the file, hexadecimal.
    #[serde(skip)]
    pub sha256: Option<String>,
}

/// What follows a step that did not go as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterFailure {
    /// The next step.
    #[default]
    Continue,
    /// Nothing: the other steps are skipped.
    Stop,
}

/// One step: a message, or a call.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name in records.
    #[serde(default)]
    pub name: Option<String>,
    /// Who speaks; `assistant` for a call, else by the channel.
    #[serde(default)]
    pub role: Option<Role>,
    /// To whom; `llm_to_tool` for a call, else by the role.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// What is said.
    #[serde(default)]
    pub text: Option<String>,
    /// The tool to call, `server__tool`.
    #[serde(default)]
    pub tool: Option<String>,
    /// Its arguments; `{}` where there are none.
    #[serde(default)]
    pub arguments: Option<Value>,
    /// What must hold of the call; in a `tool_to_llm` step, of the call before it.
    #[serde(default)]
    pub expect: Option<Expectation>,
    /// A Python script that looks at request, response and metadata, relative to the transcript's folder.
    #[serde(default)]
    pub validate: Option<std::path::PathBuf>,
}

impl Step {
    /// Who speaks, and to whom.
    pub fn speaks(&self) -> (Role, Channel) {
        match (self.role, self.channel) {
            (Some(role), Some(channel)) => (role, channel),
            _ if self.tool.is_some() => (self.role.unwrap_or(Role::Assistant), Channel::LlmToTool),
            (Some(Role::Tool), None) | (None, Some(Channel::ToolToLlm)) => (Role::Tool, Channel::ToolToLlm),
            (Some(role), None) => (role, Channel::UserToLlm),
            (None, Some(channel)) => (Role::Assistant, channel),
            (None, None) => (Role::User, Channel::UserToLlm),
        }
    }
}

impl Transcript {
    /// Reads a file: YAML where it ends in `.yaml` or `.yml`, else JSON.
    /// Fails with `Storage` where it cannot be read, and with `Usage` and the place where it is no transcript.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let size = std::fs::metadata(path).map_err(|error| storage("read", path, &error))?.len();
        if size > TRANSCRIPT_BYTES {
            return Err(malformed(path, 0, &format!("it is larger than {TRANSCRIPT_BYTES} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| storage("read", path, &error))?;
        let yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        let mut transcript: Self = if yaml { from_yaml(path, &text)? } else { from_json(path, &text)? };
        transcript.sha256 = Some(text_hash(&text));
        if transcript.name.is_empty() {
            transcript.name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        for script in transcript.steps.iter_mut().filter_map(|step| step.validate.as_mut()) {
            *script = folder.join(&*script);
        }
        transcript.check().map_err(|reason| malformed(path, 0, &reason))?;
        Ok(transcript)
    }

    /// What the form alone cannot say.
    fn check(&self) -> Result<(), String> {
        if self.steps.is_empty() {
            return Err("it has no steps".to_owned());
        }
        if self.steps.len() > TRANSCRIPT_STEPS {
            return Err(format!("it has more than {TRANSCRIPT_STEPS} steps"));
        }
        let mut called = false;
        for (place, step) in self.steps.iter().enumerate() {
            let number = place + 1;
            let checked = step.check(called).and_then(|()| references::check(step, &self.steps[..place]));
            checked.map_err(|reason| format!("step {number}: {reason}"))?;
            called |= step.tool.is_some();
        }
        Ok(())
    }
}

impl Step {
    fn check(&self, called_before: bool) -> Result<(), String> {
        let (_, channel) = self.speaks();
        let looks = self.expect.is_some() || self.validate.is_some();
        match (&self.tool, channel) {
            (Some(tool), Channel::LlmToTool) => {
                ToolId::parse(tool).map(drop).map_err(|error| format!("tool {tool:?}: {error}"))?;
            }
            (Some(_), Channel::UserToLlm | Channel::ToolToLlm) => return Err("a step with a tool is llm_to_tool".to_owned()),
            (None, Channel::LlmToTool) => return Err("a step that is llm_to_tool needs a tool".to_owned()),
            (None, Channel::UserToLlm | Channel::ToolToLlm) if self.arguments.is_some() => {
                return Err("arguments need a tool".to_owned());
            }
            (None, Channel::UserToLlm) if looks => return Err("nothing can be expected of what a person says".to_owned()),
            (None, Channel::ToolToLlm) if looks && !called_before => {
                return Err("there is no call before it to look at".to_owned());
            }
            (None, Channel::UserToLlm | Channel::ToolToLlm) => {}
        }
        self.expect.as_ref().map_or(Ok(()), Expectation::check)
    }
}

fn from_json(path: &Path, text: &str) -> Result<Transcript, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let line = u32::try_from(error.line()).unwrap_or_default();
        malformed(path, line, &error.to_string())
    })
}

fn from_yaml(path: &Path, text: &str) -> Result<Transcript, Failure> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().and_then(|location| u32::try_from(location.line()).ok());
        malformed(path, line.unwrap_or_default(), &error.without_snippet().to_string())
    })
}

fn malformed(path: &Path, line: u32, reason: &str) -> Failure {
    let failure = Failure::new(FailureKind::Usage, format!("this is no transcript: {reason}"));
    failure.at(Place { file: path.to_owned(), line }).hint("docs/sessions.md describes transcripts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fmt::Write as _;

    const YAML: &str = "\
name: two steps
model: some-model
after_failure: stop
steps:
  - text: What is there?
  - tool: files__list_directory
    arguments: {path: ., depth: 2}
    expect:
      decision: ok
      latency: fast
      result:
        - {at: /entries/0/name, equals: a.txt}
  - role: tool
    expect: {error: 'no such'}
    validate: look.py
";

    fn read(name: &str, text: &str) -> Result<Transcript, (u32, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let relative = |script: std::path::PathBuf| script.strip_prefix(folder.path()).unwrap().to_owned();
        let read = Transcript::read(&path).map(|mut transcript| {
            transcript.steps.iter_mut().for_each(|step| step.validate = step.validate.take().map(relative));
            transcript.sha256 = None;
            transcript
        });
        read.map_err(|failure| (failure.place.unwrap().line, failure.message))
    }

    #[test]
    fn yaml_and_json_say_the_same() {
        let json = json!({"name": "two steps", "model": "some-model", "after_failure": "stop", "steps": [
            {"text": "What is there?"},
            {"tool": "files__list_directory", "arguments": {"path": ".", "depth": 2}, "expect": {
                "decision": "ok", "latency": "fast", "result": [{"at": "/entries/0/name", "equals": "a.txt"}]}},
            {"role": "tool", "expect": {"error": "no such"}, "validate": "look.py"},
        ]});
        let yaml = read("a.yaml", YAML).unwrap();
        assert_eq!(yaml, read("a.json", &json.to_string()).unwrap());
        let spoken: Vec<_> = yaml.steps.iter().map(Step::speaks).collect();
        assert_eq!(
            spoken,
            [(Role::User, Channel::UserToLlm), (Role::Assistant, Channel::LlmToTool), (Role::Tool, Channel::ToolToLlm)]
        );
        assert_eq!(yaml.steps[1].arguments, Some(json!({"path": ".", "depth": 2})));
    }

    #[test]
    fn a_transcript_is_called_after_its_file() {
        assert_eq!(read("checks.json", r#"{"steps": [{"text": "x"}]}"#).unwrap().name, "checks");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let start = "this is no transcript: ";
        for (name, text, line, reason) in [
            ("a.json", "{", 1, "EOF while parsing an object at line 1 column 1"),
            ("a.json", "{\"steps\": []}", 0, "it has no steps"),
            (
                "a.json",
                r#"{"steps": [{"tol": "a__b"}]}"#,
                1,
                "unknown field `tol`, expected one of `name`, `role`, `channel`, \
             `text`, `tool`, `arguments`, `expect`, `validate` at line 1 column 17",
            ),
            ("a.yml", "steps:\n  - {tool: git}\n", 0, "step 1: tool \"git\": a tool id has the form server__tool"),
            ("a.yml", "steps:\n  - {arguments: {}}\n", 0, "step 1: arguments need a tool"),
            ("a.yml", "steps:\n  - {role: tool, expect: {decision: ok}}\n", 0, "step 1: there is no call before it to look at"),
            (
                "a.yml",
                "steps:\n  - {tool: a__b, channel: user_to_llm, role: user}\n",
                0,
                "step 1: a step with a tool is llm_to_tool",
            ),
            (
                "a.yml",
                "steps:\n  - {text: x}\n  - {tool: a__b, arguments: {p: '${steps.1.result}'}}\n",
                0,
                "step 2: ${steps.1.result}: step 1 calls no tool before this one",
            ),
            (
                "a.yml",
                "steps:\n  - {tool: a__b, name: me, arguments: {p: '${steps.me.result}'}}\n",
                0,
                "step 1: ${steps.me.result}: no step before this one is called me",
            ),
            ("a.yml", "steps:\n  - {tool: a__b, expect: {error: '('}}\n", 0, "step 1: \"(\" is no regular expression"),
        ] {
            assert_eq!(read(name, text), Err((line, format!("{start}{reason}"))), "{text}");
        }
        let (line, reason) = read("a.yaml", "steps:\n  - text: x\n    colour: red\n").unwrap_err();
        assert_eq!(line, 3, "{reason}");
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            writeln!(text, "a{level}: &a{level} [{}]", [before.as_str(); 10].join(", ")).unwrap();
        }
        assert!(read("a.yaml", &format!("{text}steps: *a11\n")).is_err());
    }
}
