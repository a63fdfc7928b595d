//! `list-resources` and `list-prompts`: what servers offer beside tools.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{Answer, code_unless};
use super::arguments::OneServer;
use super::list::only;
use crate::ops::{Offer, Studio};
use crate::types::{ServerName, neutralise_line};

pub(super) async fn resources(studio: &Studio, arguments: &OneServer, answer: &Answer) -> u8 {
    let told = |offer: &Offer| json!({"resources": offer.resources, "resource_templates": offer.resource_templates});
    let lines = |offer: &Offer| {
        let resources = offer.resources.iter().map(|resource| (text(resource, "uri"), about(resource)));
        let templates = offer.resource_templates.iter().map(|template| (text(template, "uriTemplate"), about(template)));
        resources.chain(templates).collect()
    };
    list(studio, arguments, answer, told, lines).await
}

pub(super) async fn prompts(studio: &Studio, arguments: &OneServer, answer: &Answer) -> u8 {
    let told = |offer: &Offer| json!({"prompts": offer.prompts});
    let lines = |offer: &Offer| offer.prompts.iter().map(|prompt| (usage(prompt), about(prompt))).collect();
    list(studio, arguments, answer, told, lines).await
}

/// Tells each server's offer: as `told`, or as `lines` of a name and what is said of it.
async fn list(
    studio: &Studio,
    arguments: &OneServer,
    answer: &Answer,
    told: impl Fn(&Offer) -> Value,
    lines: impl Fn(&Offer) -> Vec<(String, String)>,
) -> u8 {
    let listed = match only(arguments.server.as_deref()) {
        Ok(only) => studio.list_tools(only.as_ref()).await,
        Err(failure) => Err(failure),
    };
    let listed = match listed {
        Ok(listed) => listed,
        Err(failure) => return answer.failure(&failure),
    };
    if answer.is_json() {
        let servers = listed.iter().map(|(server, offer)| match offer {
            Ok(offer) => with_server(server, told(offer)),
            Err(failure) => json!({"server": server, "error": failure}),
        });
        answer.json(&servers.collect::<Vec<Value>>());
    }
    let none = |(_, offer): &(ServerName, Result<_, _>)| offer.as_ref().is_ok_and(|offer: &Arc<Offer>| lines(offer).is_empty());
    if listed.iter().all(none) {
        answer.inform("none are offered");
    }
    for (server, offer) in &listed {
        match offer {
            Ok(offer) if !answer.is_json() => tell(server, &lines(offer), answer),
            Ok(_) => {}
            Err(failure) => answer.complain(failure),
        }
    }
    code_unless(listed.iter().any(|(_, offer)| offer.is_err()))
}

fn with_server(server: &ServerName, mut told: Value) -> Value {
    told["server"] = json!(server);
    told
}

fn tell(server: &ServerName, lines: &[(String, String)], answer: &Answer) {
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, about) in lines {
        answer.line(neutralise_line(&format!("{server}  {name:width$}  {about}")).trim_end());
    }
}

/// A prompt's name and arguments, those in brackets that may be left out.
fn usage(prompt: &Value) -> String {
    let arguments = prompt.get("arguments").and_then(Value::as_array).into_iter().flatten().map(|argument| {
        let name = text(argument, "name");
        let required = argument.get("required").and_then(Value::as_bool).unwrap_or(false);
        if required { format!(" {name}=") } else { format!(" [{name}=]") }
    });
    std::iter::once(text(prompt, "name")).chain(arguments).collect()
}

/// The first line of what its server says of it.
fn about(offered: &Value) -> String {
    let said = ["description", "title", "name"].into_iter().find_map(|key| offered.get(key)?.as_str());
    said.unwrap_or_default().trim().lines().next().unwrap_or_default().to_owned()
}

fn text(offered: &Value, key: &str) -> String {
    offered.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
