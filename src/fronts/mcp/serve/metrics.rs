//! `/metrics` beside the door: counters for a monitoring system, for the same token and the same hosts.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::ops::Studio;

/// Where the counters are.
const PATH: &str = "/metrics";
/// The text form, version 0.0.4, as the exposition formats of Prometheus name it.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

struct Counters {
    studio: Studio,
    hosts: Vec<String>,
}

/// The route, for requests whose `Host` is one of `hosts` and that no web page makes.
pub(super) fn route(studio: &Studio, hosts: Vec<String>) -> Router {
    let counters = Counters { studio: studio.clone(), hosts };
    Router::new().route(PATH, get(answer)).with_state(Arc::new(counters))
}

async fn answer(State(counters): State<Arc<Counters>>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if headers.contains_key(header::ORIGIN) || !counters.hosts.iter().any(|known| names(host, known)) {
        return (StatusCode::FORBIDDEN, "not for this host or origin\n").into_response();
    }
    ([(header::CONTENT_TYPE, TEXT)], counters.studio.metrics()).into_response()
}

/// Whether `Host` names `known`, whatever port it has.
fn names(host: &str, known: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    name.trim_start_matches('[').trim_end_matches(']').eq_ignore_ascii_case(known)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_host_is_known_with_any_port() {
        for host in ["localhost", "LOCALHOST:80"] {
            assert!(names(host, "localhost"), "{host}");
        }
        assert!(names("[::1]:9000", "::1") && names("127.0.0.1:1", "127.0.0.1"));
        assert!(!names("evil.example:80", "localhost") && !names("", "localhost"));
    }
}
