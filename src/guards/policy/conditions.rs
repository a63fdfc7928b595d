//! Conditions of rules on the arguments of a call.

use serde_json::Value;

use crate::types::{Condition, Effect, Rule, Test, ToolId};

/// Whether `rule` means this call.
pub(super) fn matches(rule: &Rule, id: &ToolId, arguments: &Value) -> bool {
    rule.tools.matches(id) && rule.conditions.iter().all(|condition| holds(condition, rule.effect, arguments))
}

fn holds(condition: &Condition, effect: Effect, arguments: &Value) -> bool {
    let items = match effect {
        Effect::Allow => Items::All,
        Effect::Ask | Effect::Deny => Items::Any,
    };
    passes(&condition.test, find(&condition.path, arguments), items)
}

/// How many items of a list must pass, so that a list can never hide the item that matters.
#[derive(Clone, Copy)]
enum Items {
    All,
    Any,
}

fn find<'a>(path: &[String], arguments: &'a Value) -> Option<&'a Value> {
    path.iter().try_fold(arguments, |value, key| match value {
        Value::Object(fields) => fields.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

fn passes(test: &Test, found: Option<&Value>, items: Items) -> bool {
    match (test, found) {
        (Test::Not(inner), _) => {
            let opposite = match items {
                Items::All => Items::Any,
                Items::Any => Items::All,
            };
            !passes(inner, found, opposite)
        }
        (Test::Present(wanted), _) => *wanted == found.is_some(),
        (Test::OneOf(values), Some(found)) if values.iter().any(|value| same(value, found)) => true,
        (_, Some(Value::Array(list))) => match items {
            Items::All => !list.is_empty() && list.iter().all(|item| passes(test, Some(item), items)),
            Items::Any => list.iter().any(|item| passes(test, Some(item), items)),
        },
        (_, None) | (Test::OneOf(_), Some(_)) => false,
        (Test::Glob(glob), Some(found)) => found.as_str().is_some_and(|text| glob.matches(text)),
        (Test::Matches(regex), Some(found)) => found.as_str().is_some_and(|text| regex.is_match(text)),
        (Test::Above(bound), Some(found)) => found.as_f64().is_some_and(|number| number > *bound),
        (Test::Below(bound), Some(found)) => found.as_f64().is_some_and(|number| number < *bound),
    }
}

/// Equal as JSON values; numbers by value, however they are written.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Glob, RuleRef, ServerName, ToolPattern};
    use serde_json::json;

    fn rule_matches(effect: Effect, path: &[&str], test: &Test, arguments: &Value) -> bool {
        let rule = Rule {
            effect,
            name: RuleRef { id: "r".into(), place: None, why: "".into() },
            tools: ToolPattern::parse("*").unwrap(),
            conditions: vec![Condition { path: path.iter().map(|&key| key.to_owned()).collect(), test: test.clone() }],
        };
        matches(&rule, &ToolId::new(ServerName::new("s").unwrap(), "t"), arguments)
    }

    #[test]
    fn tests_of_one_argument() {
        let glob = |text| Test::Glob(Glob::new(text));
        let regex = |text| Test::Matches(regex::Regex::new(text).unwrap());
        let not = |test| Test::Not(Box::new(test));
        for (path, test, arguments, expected) in [
            (vec!["p"], glob("/etc/*"), json!({"p": "/etc/passwd"}), true),
            (vec!["p"], glob("/etc/*"), json!({"p": "/home"}), false),
            (vec!["p"], glob("*"), json!({"p": 1}), false),
            (vec!["p"], glob("*"), json!({}), false),
            (vec!["p"], not(glob("/home/*")), json!({}), true),
            (vec!["p"], not(glob("/home/*")), json!({"p": "/home/x"}), false),
            (vec!["p"], regex("(?i)secret"), json!({"p": "a SECRET b"}), true),
            (vec!["a", "b", "1"], Test::OneOf(vec![json!(1.0)]), json!({"a": {"b": [0, 1]}}), true),
            (vec!["n"], Test::OneOf(vec![json!("1"), json!(null)]), json!({"n": 1}), false),
            (vec!["n"], Test::OneOf(vec![json!([1])]), json!({"n": [1]}), true),
            (vec!["n"], Test::Above(10.0), json!({"n": 10.5}), true),
            (vec!["n"], Test::Above(10.0), json!({"n": 10}), false),
            (vec!["n"], Test::Below(0.0), json!({"n": "-1"}), false),
            (vec!["n"], Test::Present(true), json!({"n": null}), true),
            (vec!["n"], Test::Present(false), json!({}), true),
        ] {
            assert_eq!(rule_matches(Effect::Deny, &path, &test, &arguments), expected, "{path:?} {test:?} {arguments}");
        }
    }

    #[test]
    fn a_list_hides_nothing() {
        let home = Test::Glob(Glob::new("/home/*"));
        let outside = Test::Not(Box::new(home.clone()));
        let (mixed, inside) = (json!({"p": ["/home/a", "/etc/b"]}), json!({"p": ["/home/a", "/home/b"]}));
        assert!(!rule_matches(Effect::Allow, &["p"], &home, &mixed) && rule_matches(Effect::Allow, &["p"], &home, &inside));
        assert!(rule_matches(Effect::Deny, &["p"], &home, &mixed));
        assert!(rule_matches(Effect::Deny, &["p"], &outside, &mixed) && !rule_matches(Effect::Deny, &["p"], &outside, &inside));
        assert!(!rule_matches(Effect::Allow, &["p"], &home, &json!({"p": []})));
    }
}
