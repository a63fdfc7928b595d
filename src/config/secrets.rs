//! The values of a configuration that must never be seen in a record.

use super::{ServerSettings, Settings, TransportSettings};
use crate::types::Secret;

impl Settings {
    /// Values of servers' environments and headers and those of the collector, credentials in their URLs, and arguments that are credentials by their name.
    pub fn secrets(&self) -> Vec<Secret> {
        let headers = self.telemetry.headers.iter().map(|(name, value)| secret(name, value));
        self.servers.values().flat_map(of_server).chain(headers).collect()
    }
}

fn of_server(server: &ServerSettings) -> Vec<Secret> {
    match &server.transport {
        TransportSettings::Stdio { arguments, environment, .. } => {
            environment.iter().map(|(name, value)| secret(name, value)).chain(of_arguments(arguments)).collect()
        }
        TransportSettings::Http { url, headers } | TransportSettings::WebSocket { url, headers } => {
            headers.iter().map(|(name, value)| secret(name, value)).chain(of_url(url)).collect()
        }
    }
}

fn secret(name: &str, value: &str) -> Secret {
    Secret { name: name.to_owned(), value: value.to_owned() }
}

/// `--api-key VALUE`, `--api-key=VALUE`, `Authorization: VALUE`.
fn of_arguments(arguments: &[String]) -> Vec<Secret> {
    let joined = arguments.iter().filter_map(|argument| {
        let (name, value) = argument.split_once('=').or_else(|| argument.split_once(':'))?;
        Some(secret(name, value.trim()))
    });
    let pairs = arguments.windows(2).filter(|pair| pair[0].starts_with('-')).map(|pair| secret(&pair[0], &pair[1]));
    joined.chain(pairs).filter(Secret::named_secret).collect()
}

/// The password, and the parameters that are credentials by their name.
fn of_url(url: &str) -> Vec<Secret> {
    let password = url.split_once("://").and_then(|(_, rest)| {
        let (user, _) = rest[..rest.find('/').unwrap_or(rest.len())].rsplit_once('@')?;
        user.split_once(':').map(|(_, password)| secret("password", password))
    });
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let parameters = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| secret(name, value));
    password.into_iter().chain(parameters.filter(|parameter| parameter.named_secret() || parameter.name == "key")).collect()
}
