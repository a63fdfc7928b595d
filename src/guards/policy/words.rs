//! Rules in words, for people who look at what is in force.

use serde_json::Value;

use crate::types::{Condition, Policy, Rule, Test};

/// Everything that somebody wrote into a policy, as guardrails judge it.
pub fn policy_words(policy: &Policy) -> Value {
    let rules = policy
        .rules
        .iter()
        .map(|rule| format!("{} {}: {}: {}", rule.effect.word(), rule.name.id, rule_words(rule), rule.name.why));
    let labels = policy.labels.iter().map(|labelled| labelled.tools.to_string());
    let rates = policy.rates.iter().map(|rate| rate.tools.to_string());
    let reuse = policy.reuse.iter().map(ToString::to_string);
    rules.chain(labels).chain(rates).chain(reuse).map(Value::from).collect()
}

/// What a rule means: `files__* where path fits "/etc/*"`.
pub fn rule_words(rule: &Rule) -> String {
    let conditions: Vec<String> = rule.conditions.iter().map(condition_words).collect();
    match conditions.as_slice() {
        [] => rule.tools.to_string(),
        conditions => format!("{} where {}", rule.tools, conditions.join(" and ")),
    }
}

fn condition_words(condition: &Condition) -> String {
    format!("{} {}", condition.path.join("/"), test_words(&condition.test))
}

fn test_words(test: &Test) -> String {
    match test {
        Test::OneOf(values) => match values.as_slice() {
            [value] => format!("is {value}"),
            values => format!("is one of {}", Value::from(values)),
        },
        Test::Glob(glob) => format!("fits {:?}", glob.as_str()),
        Test::Matches(expression) => format!("matches {:?}", expression.as_str()),
        Test::Above(bound) => format!("is above {bound}"),
        Test::Below(bound) => format!("is below {bound}"),
        Test::Present(true) => "is there".to_owned(),
        Test::Present(false) => "is not there".to_owned(),
        Test::Not(inner) => format!("not: {}", test_words(inner)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Effect, Glob, RuleRef, ToolPattern};
    use serde_json::json;

    #[test]
    fn a_rule_reads_as_it_was_meant() {
        let condition = |path: &str, test| Condition { path: path.split('/').map(str::to_owned).collect(), test };
        let conditions = vec![
            condition("path", Test::Glob(Glob::new("/etc/*"))),
            condition("filter/0", Test::Not(Box::new(Test::OneOf(vec![json!("a"), json!(1)])))),
            condition("n", Test::Above(2.5)),
        ];
        let name = RuleRef { id: "r".into(), place: None, why: "".into() };
        let tools = ToolPattern::parse("files__*").unwrap();
        let rule = |conditions| Rule { effect: Effect::Deny, name: name.clone(), tools: tools.clone(), conditions };
        assert_eq!(rule_words(&rule(Vec::new())), "files__*");
        let expected = r#"files__* where path fits "/etc/*" and filter/0 not: is one of ["a",1] and n is above 2.5"#;
        assert_eq!(rule_words(&rule(conditions)), expected);
    }
}
