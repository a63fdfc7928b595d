//! The variables that servers and tools start with.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Passed on as they are.
const NAMES: &[&str] = &[
    "HOME",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "USER",
    "LANG",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
];
/// Passed on whatever follows. Package managers find their indexes, caches and certificates through them.
const PREFIXES: &[&str] = &["LC_", "XDG_", "UV_", "PIP_", "npm_config_", "NPM_CONFIG_"];
/// Passed on whatever goes before.
const SUFFIXES: &[&str] = &["_proxy", "_PROXY"];
/// Never passed on: these begin like the above, but only serve to upload packages.
const SECRET: &str = "UV_PUBLISH_";

/// What a server gets of our environment `ours` before its own `env`. A short list, so that secrets which happen to be
/// in a person's shell do not leak to servers. `uv` is told to trust the system's certificates unless it was told otherwise.
pub fn base_environment(ours: impl IntoIterator<Item = (OsString, OsString)>) -> BTreeMap<OsString, OsString> {
    let mut passed: BTreeMap<_, _> = ours.into_iter().filter(|(name, _)| passes(name)).collect();
    passed.entry("UV_SYSTEM_CERTS".into()).or_insert_with(|| "true".into());
    passed
}

fn passes(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let listed = NAMES.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    listed && !name.starts_with(SECRET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_is_passed_on() {
        let ours = [
            "HOME",
            "LC_ALL",
            "https_proxy",
            "NO_PROXY",
            "PIP_INDEX_URL",
            "UV_CACHE_DIR",
            "UV_PUBLISH_TOKEN",
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "MCP_TOKEN",
            "LD_PRELOAD",
            "PYTHONPATH",
            "HOMEBREW",
            "npm_config_registry",
        ];
        let passed = base_environment(ours.map(|name| (name.into(), "x".into())));
        let names: Vec<_> = passed.iter().map(|(name, value)| (name.to_str().unwrap(), value.to_str().unwrap())).collect();
        assert_eq!(
            names,
            [
                ("HOME", "x"),
                ("LC_ALL", "x"),
                ("NO_PROXY", "x"),
                ("PIP_INDEX_URL", "x"),
                ("UV_CACHE_DIR", "x"),
                ("UV_SYSTEM_CERTS", "true"),
                ("https_proxy", "x"),
                ("npm_config_registry", "x"),
            ]
        );
        let told = base_environment([("UV_SYSTEM_CERTS".into(), "false".into())]);
        assert_eq!(told, BTreeMap::from([("UV_SYSTEM_CERTS".into(), "false".into())]));
    }
}
