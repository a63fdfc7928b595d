//! The HTTP client, and the cryptography that it and WebSocket share.

use std::time::Duration;

use crate::types::{Failure, FailureKind};

/// From the first packet to a connection with an HTTP server.
const TCP_TIMEOUT: Duration = Duration::from_secs(10);
/// Redirections that are followed, within one host only: headers may hold secrets.
const REDIRECTS: usize = 5;

/// Installs the cryptography of the process, unless it is there already.
pub(super) fn install() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::trace!("cryptography was installed before");
    }
}

/// A client for one server. Fails, and never panics, where the machine has no certificates.
pub fn client() -> Result<reqwest::Client, Failure> {
    install();
    reqwest::Client::builder()
        .user_agent(concat!("mcp-studio/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(TCP_TIMEOUT)
        .pool_max_idle_per_host(0)
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::custom(follow))
        .build()
        .map_err(|error| {
            Failure::new(FailureKind::Connection, format!("no HTTP client can be made: {}", chain(&error)))
                .hint("install the certificates of your system (package ca-certificates)")
        })
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

fn follow(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    let origin = |url: &reqwest::Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
    let same = attempt.previous().first().is_some_and(|first| origin(first) == origin(attempt.url()));
    if same && attempt.previous().len() <= REDIRECTS { attempt.follow() } else { attempt.stop() }
}
