//! `traffic`: what went over the wire to and from a server.

use super::answer::Answer;
use super::arguments::Traffic;
use super::code;
use super::list::only;
use crate::ops::{Studio, WireMessage};
use crate::types::{Failure, ServerName, neutralise_line};

pub(super) async fn run(studio: &Studio, arguments: &Traffic, answer: &Answer) -> u8 {
    let (messages, failure) = match messages(studio, &arguments.server).await {
        Ok(found) => found,
        Err(failure) => return answer.failure(&failure),
    };
    if answer.is_json() {
        answer.json(&messages);
    } else {
        messages.iter().for_each(|message| answer.line(&neutralise_line(&line(message))));
    }
    match failure {
        None => code::SUCCESS,
        Some(failure) => {
            answer.complain(&failure);
            code::FAILURE
        }
    }
}

/// What is kept; where that is nothing, what connecting the server brings, with why it failed if it did. Secrets of
/// servers are masked, as on the screen.
async fn messages(studio: &Studio, server: &str) -> Result<(Vec<WireMessage>, Option<Failure>), Failure> {
    let Some(server) = only(Some(server))? else { return Ok((Vec::new(), None)) };
    let kept = masked(studio, &server);
    if !kept.is_empty() {
        return Ok((kept, None));
    }
    let failure = match studio.list_tools(Some(&server)).await?.pop() {
        Some((_, Err(failure))) => Some(failure),
        Some((_, Ok(_))) | None => None,
    };
    Ok((masked(studio, &server), failure))
}

fn masked(studio: &Studio, server: &ServerName) -> Vec<WireMessage> {
    let mask = |message: WireMessage| WireMessage { text: studio.veil().text(&message.text).into_owned(), ..message };
    studio.traffic(server).into_iter().map(mask).collect()
}

fn line(message: &WireMessage) -> String {
    let kept = message.text.trim_end();
    format!("{}  {:<8}  {:>9} B  {kept}", message.at.strftime("%T%.3f"), message.direction.word(), message.bytes)
}
