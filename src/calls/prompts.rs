//! A prompt on its way to a person: compared with its pin, then asked of the very connection that was compared.

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::Calls;
use crate::catalog::Offer;
use crate::guards::pins::named;
use crate::journal::NoticeLevel;
use crate::types::{Failure, FailureKind, PinMode, ServerName, nearest};

impl Calls {
    /// Fills a prompt in and answers the server's result as sent. Fails with `PolicyDenied` where the prompt, or the way
    /// its server is started, is not what it was when it was first used. Dropping the future cancels it.
    pub async fn prompt(&self, server: &ServerName, name: &str, arguments: Map<String, Value>) -> Result<Value, Failure> {
        let peer = self.connections.connect(server, false).await?;
        let offer = self.catalog.listed_by(server, peer.connection).await?;
        if !named(&offer.prompts).any(|(known, _)| known == name) {
            return Err(no_prompt(server, name, &offer));
        }
        if let Some(settings) = self.settings.servers.get(server) {
            let checked = self.pins.check_prompt(name, settings, &offer, peer.instructions.as_deref());
            match (checked, self.policy.pins.value) {
                (Ok(None), _) => {}
                (Ok(Some(unwritten)), _) => self.trouble(&unwritten),
                (Err(failure), PinMode::Warn) => self.board.notice(NoticeLevel::Warning, failure.message),
                (Err(failure), PinMode::Enforce) => return Err(failure),
            }
        }
        self.connections.get_prompt(server, name, arguments, offer.connection, CancellationToken::new()).await
    }
}

fn no_prompt(server: &ServerName, name: &str, offer: &Offer) -> Failure {
    let failure = Failure::new(FailureKind::ToolNotFound, format!("server \"{server}\" offers no prompt \"{name}\""));
    match nearest(name, named(&offer.prompts).map(|(known, _)| known)) {
        Some(near) => failure.hint(format!("did you mean \"{near}\"?")),
        None => failure,
    }
}
