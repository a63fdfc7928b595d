//! `${VAR}` and `${VAR:-default}` in texts of the configuration.

/// Why a text cannot be expanded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExpandError {
    /// This variable is not set and has no default.
    Missing(String),
    /// What stands between the braces is no name of a variable.
    Form(String),
    /// A `${` without its `}`.
    Open,
}

/// Replaces every reference. A default also stands in for an empty variable, as in a shell. `${env:VAR}`, as other clients
/// write it, means the same. Replaced text is not expanded again.
pub(super) fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, ExpandError> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (reference, after) = after.split_once('}').ok_or(ExpandError::Open)?;
        expanded.push_str(before);
        expanded.push_str(&value_of(reference, lookup)?);
        rest = after;
    }
    Ok(expanded + rest)
}

fn value_of(reference: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, ExpandError> {
    let plain = reference.strip_prefix("env:").unwrap_or(reference);
    let (name, default) = plain.split_once(":-").map_or((plain, None), |(name, default)| (name, Some(default)));
    if !is_name(name) {
        return Err(ExpandError::Form(reference.to_owned()));
    }
    match (lookup(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(ExpandError::Missing(name.to_owned())),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_once() {
        let lookup = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${A}".to_owned()),
            _ => None,
        };
        for (text, expanded) in [
            ("x", Ok("x")),
            ("${A}-${A}", Ok("1-1")),
            ("$A $ {A} $$", Ok("$A $ {A} $$")),
            ("${env:A}", Ok("1")),
            ("${EMPTY}|${EMPTY:-d}|${NO:-}|${NO:-a:-b}", Ok("|d||a:-b")),
            ("${NESTED}", Ok("${A}")),
            ("${NO}", Err(ExpandError::Missing("NO".to_owned()))),
            ("${input:key}", Err(ExpandError::Form("input:key".to_owned()))),
            ("${}", Err(ExpandError::Form(String::new()))),
            ("a${A", Err(ExpandError::Open)),
        ] {
            assert_eq!(expand(text, &lookup), expanded.map(str::to_owned), "{text}");
        }
    }
}
