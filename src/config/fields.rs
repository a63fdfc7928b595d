//! Typed reading of one JSON object, with every complaint collected.

use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

use super::document::{Member, Node, Value};
use crate::types::limits::CONFIG_SECONDS_MAX;
use crate::types::{Failure, FailureKind, Place, nearest};

/// What is wrong and what is odd about one file.
#[derive(Debug)]
pub(super) struct Complaints {
    /// As a person names it.
    file: PathBuf,
    pub(super) errors: Vec<Failure>,
    pub(super) warnings: Vec<Failure>,
}

impl Complaints {
    pub(super) fn about(file: PathBuf) -> Self {
        Self { file, errors: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn place(&self, line: u32) -> Place {
        Place { file: self.file.clone(), line }
    }

    /// How a person names a file called `name` beside this one.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.file.parent().map_or_else(|| name.into(), |folder| folder.join(name))
    }

    /// Takes over what is wrong with another file.
    pub(super) fn take(&mut self, other: Self) {
        self.errors.extend(other.errors);
        self.warnings.extend(other.warnings);
    }

    pub(super) fn error(&mut self, line: u32, message: impl Into<String>, hint: impl Into<String>) {
        let failure = self.failure(line, message.into(), hint.into());
        self.errors.push(failure);
    }

    pub(super) fn warn(&mut self, line: u32, message: impl Into<String>, hint: impl Into<String>) {
        let failure = self.failure(line, message.into(), hint.into());
        self.warnings.push(failure);
    }

    fn failure(&self, line: u32, message: String, hint: String) -> Failure {
        let failure = Failure::new(FailureKind::Configuration, message).at(self.place(line));
        if hint.is_empty() { failure } else { failure.hint(hint) }
    }

    /// The errors as one failure: the first, with the others as notes.
    pub(super) fn into_failure(self) -> Result<Vec<Failure>, Failure> {
        let mut errors = self.errors.into_iter();
        let Some(first) = errors.next() else { return Ok(self.warnings) };
        Err(errors.fold(first, |first, other| {
            let place = other.place.map(|place| format!("{place}: ")).unwrap_or_default();
            let hint = other.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            first.note("also", format!("{place}{}{hint}", other.message))
        }))
    }
}

/// The keys an object may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    /// Those that mean something here.
    pub(super) known: &'static [&'static str],
    /// Those of other programs, passed over in silence.
    pub(super) foreign: &'static [&'static str],
    /// Those of other programs that would change something, with what to do.
    pub(super) advice: &'static [(&'static str, &'static str)],
}

/// One object, named for complaints.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    /// Such as `server "git"`.
    owner: String,
    members: &'a [Member],
}

impl<'a> Fields<'a> {
    /// The members of `node`; complains if it is no object, and about keys that appear twice or are unknown.
    pub(super) fn of(node: &'a Node, owner: impl Into<String>, keys: Option<Keys>, complaints: &mut Complaints) -> Option<Self> {
        let owner = owner.into();
        let Value::Object(members) = &node.value else {
            complaints.error(node.line, format!("{owner} must be an object, but is {}", node.value.kind()), "");
            return None;
        };
        let fields = Self { owner, members };
        fields.complain_of_duplicates(complaints);
        if let Some(keys) = keys {
            fields.complain_of_unknown(keys, complaints);
        }
        Some(fields)
    }

    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    pub(super) fn members(&self) -> &'a [Member] {
        self.members
    }

    /// The member called `key`; null counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Member> {
        self.members.iter().find(|member| member.key == key && member.node.value != Value::Null)
    }

    pub(super) fn text(&self, key: &str, complaints: &mut Complaints) -> Option<(&'a str, u32)> {
        let member = self.get(key)?;
        let Value::String(text) = &member.node.value else {
            return self.wrong(key, member.line, "a text", &member.node.value, complaints);
        };
        Some((text, member.node.line))
    }

    pub(super) fn flag(&self, key: &str, complaints: &mut Complaints) -> Option<bool> {
        let member = self.get(key)?;
        let Value::Bool(flag) = &member.node.value else {
            return self.wrong(key, member.line, "true or false", &member.node.value, complaints);
        };
        Some(*flag)
    }

    pub(super) fn seconds(&self, key: &str, complaints: &mut Complaints) -> Option<Duration> {
        let range = 0.001..=CONFIG_SECONDS_MAX;
        let expected = format!("a number of seconds from 0.001 to {CONFIG_SECONDS_MAX}");
        self.number(key, &range, &expected, complaints).map(Duration::from_secs_f64)
    }

    /// A number within `range`.
    pub(super) fn number(
        &self,
        key: &str,
        range: &std::ops::RangeInclusive<f64>,
        expected: &str,
        complaints: &mut Complaints,
    ) -> Option<f64> {
        let member = self.get(key)?;
        let Value::Number(number) = &member.node.value else {
            return self.wrong(key, member.line, expected, &member.node.value, complaints);
        };
        if !range.contains(number) {
            complaints.error(member.line, format!("{}: \"{key}\" must be {expected}, but is {number}", self.owner), "");
            return None;
        }
        Some(*number)
    }

    /// A list of texts, each with its line.
    pub(super) fn texts(&self, key: &str, complaints: &mut Complaints) -> Vec<(&'a str, u32)> {
        let Some(member) = self.get(key) else { return Vec::new() };
        let Value::Array(items) = &member.node.value else {
            self.wrong::<()>(key, member.line, "a list of texts", &member.node.value, complaints);
            return Vec::new();
        };
        let texts = items.iter().enumerate().filter_map(|(index, item)| {
            let text = self.item(&format!("{key}[{index}]"), item, complaints)?;
            Some((text, item.line))
        });
        texts.collect()
    }

    /// A text, or a list of texts.
    pub(super) fn text_or_texts(&self, key: &str, complaints: &mut Complaints) -> Vec<&'a str> {
        match self.get(key).map(|member| &member.node.value) {
            Some(Value::String(text)) => vec![text],
            _ => self.texts(key, complaints).into_iter().map(|(text, _)| text).collect(),
        }
    }

    /// An object of texts, each with its line.
    pub(super) fn text_map(&self, key: &str, complaints: &mut Complaints) -> IndexMap<&'a str, (&'a str, u32)> {
        let Some(member) = self.get(key) else { return IndexMap::new() };
        let owner = format!("{}: \"{key}\"", self.owner);
        let Some(inner) = Fields::of(&member.node, owner, None, complaints) else { return IndexMap::new() };
        let texts = inner.members.iter().filter_map(|member| {
            let text = self.item(&format!("{key}.{}", member.key), &member.node, complaints)?;
            Some((member.key.as_str(), (text, member.node.line)))
        });
        texts.collect()
    }

    /// The text in `node`, which is called `label`.
    fn item(&self, label: &str, node: &'a Node, complaints: &mut Complaints) -> Option<&'a str> {
        let Value::String(text) = &node.value else {
            return self.wrong(label, node.line, "a text", &node.value, complaints);
        };
        Some(text)
    }

    pub(super) fn wrong<T>(&self, key: &str, line: u32, expected: &str, found: &Value, complaints: &mut Complaints) -> Option<T> {
        let hint = if expected == "a text" && matches!(found, Value::Number(_) | Value::Bool(_)) {
            "put it in double quotes"
        } else {
            ""
        };
        complaints.error(line, format!("{}: \"{key}\" must be {expected}, but is {}", self.owner, found.kind()), hint);
        None
    }

    fn complain_of_duplicates(&self, complaints: &mut Complaints) {
        for (index, member) in self.members.iter().enumerate() {
            if let Some(first) = self.members[..index].iter().find(|other| other.key == member.key) {
                let message = format!("{}: \"{}\" appears twice, first in line {}", self.owner, member.key, first.line);
                complaints.error(member.line, message, "remove or rename one of them");
            }
        }
    }

    /// An unknown key is an error here: passed over, it would leave a call allowed that somebody meant to forbid.
    pub(super) fn refuse_unknown(&self, keys: Keys, complaints: &mut Complaints) {
        for (member, hint) in self.unknown(keys) {
            complaints.error(member.line, format!("{}: unknown key \"{}\"", self.owner, member.key), hint);
        }
    }

    fn complain_of_unknown(&self, keys: Keys, complaints: &mut Complaints) {
        for (member, hint) in self.unknown(keys) {
            complaints.warn(member.line, format!("{}: unknown key \"{}\" is ignored", self.owner, member.key), hint);
        }
    }

    /// The members that mean nothing, each with what to do.
    fn unknown(&self, keys: Keys) -> Vec<(&'a Member, String)> {
        let all = || keys.known.iter().chain(keys.foreign).copied();
        let unknown = self.members.iter().filter(|member| all().all(|key| key != member.key));
        let hinted = unknown.map(|member| {
            let advice = keys.advice.iter().find(|(key, _)| *key == member.key).map(|(_, advice)| (*advice).to_owned());
            let near = || nearest(&member.key, keys.known.iter().copied()).map(|key| format!("did you mean \"{key}\"?"));
            let valid = || format!("keys with a meaning here: {}", keys.known.join(", "));
            (member, advice.or_else(near).unwrap_or_else(valid))
        });
        hinted.collect()
    }
}
