//! `read-resource` and `get-prompt`.

use serde_json::{Map, Value};

use super::answer::Answer;
use super::arguments::{GetPrompt, ReadResource};
use super::{call, code};
use crate::ops::{Studio, content_text};
use crate::types::{Failure, FailureKind, ServerName};

pub(super) async fn resource(studio: &Studio, arguments: &ReadResource, answer: &Answer) -> u8 {
    let read = async {
        let server = named(&arguments.server)?;
        Box::pin(studio.read_resource(&server, &arguments.uri)).await
    };
    tell(read.await, answer)
}

pub(super) async fn prompt(studio: &Studio, arguments: &GetPrompt, answer: &Answer) -> u8 {
    let get = async {
        let server = named(&arguments.server)?;
        let given = match call::given(arguments.arguments.clone()).await? {
            None => Map::new(),
            Some(Value::Object(given)) => given,
            Some(_) => return Err(Failure::new(FailureKind::Usage, "the arguments of a prompt are a JSON object")),
        };
        Box::pin(studio.get_prompt(&server, &arguments.prompt, given)).await
    };
    tell(get.await, answer)
}

fn named(server: &str) -> Result<ServerName, Failure> {
    ServerName::new(server).map_err(|error| Failure::new(FailureKind::Usage, error.to_string()))
}

fn tell(result: Result<Value, Failure>, answer: &Answer) -> u8 {
    match result {
        Err(failure) => return answer.failure(&failure),
        Ok(result) if answer.is_json() => answer.json(&result),
        Ok(result) => content_text(&result).iter().for_each(|line| answer.foreign(line)),
    }
    code::SUCCESS
}
