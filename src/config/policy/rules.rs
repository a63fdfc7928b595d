//! The rules, labels and patterns of a policy.

use regex::RegexBuilder;

use crate::config::document::{Member, Node, Value};
use crate::config::fields::{Complaints, Fields, Keys};
use crate::types::limits::PATTERN_BYTES;
use crate::types::{Condition, Effect, Glob, Label, Labelled, Rule, RuleRef, Test, ToolPattern, nearest};

const RULE_KEYS: Keys = Keys {
    known: &["tools", "arguments", "why", "id"],
    foreign: &[],
    advice: &[("tool", "it is called \"tools\" here"), ("server", "write \"tools\": \"server__*\"")],
};
const TEST_KEYS: Keys = Keys {
    known: &["equals", "one_of", "glob", "matches", "above", "below", "present", "not"],
    foreign: &[],
    advice: &[("regex", "it is called \"matches\" here"), ("in", "it is called \"one_of\" here")],
};

/// The rules under `key`: patterns, or objects with conditions.
pub(super) fn rules(fields: &Fields<'_>, key: &str, effect: Effect, complaints: &mut Complaints) -> Vec<Rule> {
    let nodes = list(fields, key, complaints).iter().enumerate();
    nodes.filter_map(|(index, node)| rule(node, &format!("{key}[{index}]"), effect, complaints)).collect()
}

fn rule(node: &Node, id: &str, effect: Effect, complaints: &mut Complaints) -> Option<Rule> {
    let owner = format!("the policy: \"{id}\"");
    let name = |id: &str, why: String, complaints: &Complaints| RuleRef {
        id: id.into(),
        place: Some(complaints.place(node.line)),
        why: why.into(),
    };
    if let Value::String(text) = &node.value {
        let tools = pattern(&owner, (text, node.line), complaints)?;
        return Some(Rule { effect, name: name(id, said(effect, text), complaints), tools, conditions: Vec::new() });
    }
    let fields = Fields::of(node, owner.clone(), None, complaints)?;
    fields.refuse_unknown(RULE_KEYS, complaints);
    let Some((text, line)) = fields.text("tools", complaints) else {
        if fields.get("tools").is_none() {
            complaints.error(node.line, format!("{owner} needs \"tools\""), "write \"tools\": \"server__tool\", with * and ?");
        }
        return None;
    };
    let tools = pattern(&owner, (text, line), complaints)?;
    let why = fields.text("why", complaints).map_or_else(|| said(effect, text), |(why, _)| why.to_owned());
    let id = fields.text("id", complaints).map_or(id, |(id, _)| id);
    let name = name(id, why, complaints);
    Some(Rule { effect, name, tools, conditions: conditions(&fields, complaints)? })
}

fn said(effect: Effect, pattern: &str) -> String {
    match effect {
        Effect::Allow => format!("{pattern} is allowed"),
        Effect::Ask => format!("{pattern} asks"),
        Effect::Deny => format!("{pattern} is denied"),
    }
}

/// The conditions of a rule; none of it holds if one is wrong.
fn conditions(rule: &Fields<'_>, complaints: &mut Complaints) -> Option<Vec<Condition>> {
    let Some(member) = rule.get("arguments") else { return Some(Vec::new()) };
    let owner = format!("{}: \"arguments\"", rule.owner());
    let fields = Fields::of(&member.node, owner, None, complaints)?;
    let all = fields.members().iter().map(|member| condition(fields.owner(), member, complaints)).collect::<Vec<_>>();
    let all: Option<Vec<Vec<Condition>>> = all.into_iter().collect();
    all.map(|all| all.into_iter().flatten().collect())
}

fn condition(owner: &str, member: &Member, complaints: &mut Complaints) -> Option<Vec<Condition>> {
    let path = way(&member.key);
    let owner = format!("{owner}: \"{}\"", member.key);
    let tests = tests(&owner, &member.node, complaints)?;
    Some(tests.into_iter().map(|test| Condition { path: path.clone(), test }).collect())
}

/// A key, or a JSON Pointer (RFC 6901) to something deeper.
fn way(key: &str) -> Vec<String> {
    match key.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect(),
        None => vec![key.to_owned()],
    }
}

/// A plain value must be equal; an object names tests that must all hold.
fn tests(owner: &str, node: &Node, complaints: &mut Complaints) -> Option<Vec<Test>> {
    match &node.value {
        Value::Object(_) => {}
        Value::Array(_) => {
            complaints.error(node.line, format!("{owner} cannot be a list"), "write {\"one_of\": [...]}");
            return None;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Some(vec![Test::OneOf(vec![node.to_json()])]);
        }
    }
    let fields = Fields::of(node, owner, None, complaints)?;
    fields.refuse_unknown(TEST_KEYS, complaints);
    if fields.members().is_empty() {
        complaints.error(node.line, format!("{owner} says nothing"), format!("use one of {}", TEST_KEYS.known.join(", ")));
    }
    let known = fields.members().iter().filter(|member| TEST_KEYS.known.contains(&member.key.as_str()));
    let tests: Vec<Option<Test>> = known.map(|member| test(&fields, member, complaints)).collect();
    tests.into_iter().collect()
}

fn test(fields: &Fields<'_>, member: &Member, complaints: &mut Complaints) -> Option<Test> {
    let key = member.key.as_str();
    match (key, &member.node.value) {
        ("equals", _) => Some(Test::OneOf(vec![member.node.to_json()])),
        ("one_of", Value::Array(items)) => Some(Test::OneOf(items.iter().map(Node::to_json).collect())),
        ("glob", Value::String(text)) => Some(Test::Glob(Glob::new(text))),
        ("matches", Value::String(text)) => match RegexBuilder::new(text).size_limit(PATTERN_BYTES).build() {
            Ok(regex) => Some(Test::Matches(regex)),
            Err(error) => {
                let why = error.to_string().lines().last().unwrap_or_default().to_owned();
                complaints.error(
                    member.node.line,
                    format!("{}: \"matches\" is no regular expression: {why}", fields.owner()),
                    "",
                );
                None
            }
        },
        ("above", Value::Number(bound)) => Some(Test::Above(*bound)),
        ("below", Value::Number(bound)) => Some(Test::Below(*bound)),
        ("present", Value::Bool(wanted)) => Some(Test::Present(*wanted)),
        ("not", _) => {
            let inner = tests(&format!("{}: \"not\"", fields.owner()), &member.node, complaints)?;
            let [inner] = <[Test; 1]>::try_from(inner).ok().or_else(|| {
                complaints.error(member.line, format!("{}: \"not\" takes one test", fields.owner()), "");
                None
            })?;
            Some(Test::Not(Box::new(inner)))
        }
        (_, found) => {
            let expected = match key {
                "one_of" => "a list",
                "above" | "below" => "a number",
                "present" => "true or false",
                _ => "a text",
            };
            fields.wrong(key, member.line, expected, found, complaints)
        }
    }
}

/// The labels: patterns with lists of words.
pub(super) fn labels(fields: &Fields<'_>, complaints: &mut Complaints) -> Vec<Labelled> {
    let Some(member) = fields.get("labels") else { return Vec::new() };
    let Some(labels) = Fields::of(&member.node, "the policy: \"labels\"", None, complaints) else { return Vec::new() };
    let mut all = Vec::new();
    for member in labels.members() {
        let tools = pattern(labels.owner(), (&member.key, member.line), complaints);
        let words = labels.texts(&member.key, complaints);
        let words: Vec<Label> = words.iter().filter_map(|word| label(labels.owner(), *word, complaints)).collect();
        if let Some(tools) = tools {
            let why = format!("labelled in {}", complaints.place(member.line));
            all.push(Labelled { tools, labels: words, why: why.into() });
        }
    }
    all
}

fn label(owner: &str, (word, line): (&str, u32), complaints: &mut Complaints) -> Option<Label> {
    let found = Label::ALL.into_iter().find(|label| label.word() == word);
    if found.is_none() {
        let known: Vec<&str> = Label::ALL.iter().map(|label| label.word()).collect();
        let hint = match nearest(word, known.iter().copied()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("labels are {}", known.join(", ")),
        };
        complaints.error(line, format!("{owner}: unknown label \"{word}\""), hint);
    }
    found
}

/// `true` for all tools, or a list of patterns.
pub(super) fn reuse(fields: &Fields<'_>, complaints: &mut Complaints) -> Vec<ToolPattern> {
    match fields.get("reuse").map(|member| &member.node.value) {
        None | Some(Value::Bool(false)) => Vec::new(),
        Some(Value::Bool(true)) => ToolPattern::parse("*").into_iter().collect(),
        Some(_) => {
            let texts = fields.texts("reuse", complaints);
            texts.into_iter().filter_map(|text| pattern("the policy: \"reuse\"", text, complaints)).collect()
        }
    }
}

/// Reads a pattern, or says what one is.
pub(super) fn pattern(owner: &str, (text, line): (&str, u32), complaints: &mut Complaints) -> Option<ToolPattern> {
    let pattern = ToolPattern::parse(text);
    if pattern.is_none() {
        let hint = format!("write server__tool; all tools of a server are {}__*", text.split("__").next().unwrap_or_default());
        complaints.error(line, format!("{owner}: {text:?} names no tools"), hint);
    }
    pattern
}

/// The items under `key`.
pub(super) fn list<'a>(fields: &Fields<'a>, key: &str, complaints: &mut Complaints) -> &'a [Node] {
    let Some(member) = fields.get(key) else { return &[] };
    let Value::Array(items) = &member.node.value else {
        fields.wrong::<()>(key, member.line, "a list", &member.node.value, complaints);
        return &[];
    };
    items
}
