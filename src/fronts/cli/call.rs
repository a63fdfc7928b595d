//! `call`: one tool, once.

use std::io::Read as _;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::arguments::Call;
use super::code;
use super::errand::Asker;
use crate::ops::{CallRequest, Studio};
use crate::types::limits::ARGUMENT_BYTES;
use crate::types::{Caller, Failure, FailureKind};

/// How arguments are written.
const FORMS: &str = "write key=text or key:=json pairs, or a JSON object in single quotes: '{\"path\": \".\"}'";

pub(super) async fn run(studio: &Studio, arguments: Call, asker: &Asker, answer: &Answer) -> u8 {
    let Call { tool, arguments, read: already, approve: _, record: _ } = arguments;
    let given = match already {
        Some(text) => parse(&text).map(Some),
        None => given(arguments).await,
    };
    let given = match given {
        Ok(given) => given,
        Err(failure) => return answer.failure(&failure),
    };
    let cancel = CancellationToken::new();
    // A signal drops this future; the server is told through the guard.
    let _cancelled_when_dropped = cancel.clone().drop_guard();
    let (caller, answering) = (Caller::CommandLine, asker.answering());
    let reply = studio
        .call(CallRequest { tool, arguments: given, caller, line: None, timeout: None, answering, model: None, cancel })
        .await;
    for warning in reply.record.iter().flat_map(|record| &record.warnings) {
        answer.warn(warning);
    }
    match reply.outcome {
        Err(failure) => answer.failure(&failure),
        Ok(found) => {
            match &found.value {
                value if answer.is_json() => answer.json(value),
                value => value.as_str().map_or_else(|| answer.pretty(value), |text| answer.foreign(text)),
            }
            code::SUCCESS
        }
    }
}

/// Reads on a thread of its own: standard input may be slow, and signals must be heard meanwhile.
pub(super) async fn given(typed: Vec<String>) -> Result<Option<Value>, Failure> {
    let read = tokio::task::spawn_blocking(move || read(&typed)).await;
    read.unwrap_or_else(|error| Err(Failure::new(FailureKind::Internal, format!("reading the arguments broke: {error}"))))
}

/// Arguments as typed: a JSON object, `-` for one on standard input, or pairs.
fn read(typed: &[String]) -> Result<Option<Value>, Failure> {
    match typed {
        [] => Ok(None),
        [dash] if dash == "-" => parse(&standard_input()?).map(Some),
        [text] if text.trim_start().starts_with(['{', '[']) => parse(text).map(Some),
        texts => pairs(texts).map(|map| Some(Value::Object(map))),
    }
}

fn parse(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| usage(format!("the arguments are not JSON: {error}")).hint(FORMS))
}

fn pairs(texts: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut map = Map::new();
    for text in texts {
        let (key, value) = pair(text)?;
        if map.insert(key.clone(), value).is_some() {
            return Err(usage(format!("{key:?} is given twice")));
        }
    }
    Ok(map)
}

/// `key:=json` or `key=text`, whichever sign comes first.
fn pair(text: &str) -> Result<(String, Value), Failure> {
    let Some((key, value)) = text.split_once('=') else {
        return Err(usage(format!("{text:?} is neither a JSON object nor key=text nor key:=json")).hint(FORMS));
    };
    if matches!(key, "" | ":") {
        return Err(usage(format!("{text:?} has no key")).hint(FORMS));
    }
    match key.strip_suffix(':') {
        None => Ok((key.to_owned(), Value::String(value.to_owned()))),
        Some(key) => match serde_json::from_str(value) {
            Ok(value) => Ok((key.to_owned(), value)),
            Err(error) => {
                Err(usage(format!("the value of {key:?} is not JSON: {error}")).hint(format!("for a text write {key}={value}")))
            }
        },
    }
}

/// The arguments of `-`, read where they were typed.
pub(super) fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(ARGUMENT_BYTES + 1).read_to_string(&mut text);
    match read {
        Ok(bytes) if bytes as u64 > ARGUMENT_BYTES => Err(usage(format!("standard input has more than {ARGUMENT_BYTES} bytes"))),
        Ok(_) => Ok(text),
        Err(error) => Err(usage(format!("cannot read standard input: {error}"))),
    }
}

fn usage(message: String) -> Failure {
    Failure::new(FailureKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn typed(arguments: &[&str]) -> Result<Option<Value>, String> {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        read(&arguments).map_err(|failure| failure.message)
    }

    #[test]
    fn arguments_are_json_or_pairs() {
        assert_eq!(typed(&[]), Ok(None));
        assert_eq!(typed(&["{\"a\": 1}"]), Ok(Some(json!({"a": 1}))));
        assert_eq!(typed(&["a=1=2", "b:=[1, null]", "c="]), Ok(Some(json!({"a": "1=2", "b": [1, null], "c": ""}))));
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(typed(&["{"]), Err("the arguments are not JSON: EOF while parsing an object at line 1 column 1".to_owned()));
        assert_eq!(typed(&["=x"]), Err("\"=x\" has no key".to_owned()));
        assert_eq!(typed(&["a=1", "a:=2"]), Err("\"a\" is given twice".to_owned()));
        assert_eq!(typed(&["path"]), Err("\"path\" is neither a JSON object nor key=text nor key:=json".to_owned()));
        assert_eq!(typed(&["a:=x"]), Err("the value of \"a\" is not JSON: expected value at line 1 column 1".to_owned()));
    }
}
