//! Addresses of resources: `mcp-studio://readme/SERVER`, `mcp-studio://signature/SERVER__TOOL` and `mcp-studio://report/SESSION`.

use crate::types::percent_decoded;
use std::fmt::Write as _;

const README: &str = "mcp-studio://readme/";
const SIGNATURE: &str = "mcp-studio://signature/";
const REPORT: &str = "mcp-studio://report/";

/// What a resource is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// The README of a server's wrappers.
    Readme(String),
    /// The signature of a tool.
    Signature(String),
    /// What a session did.
    Report(String),
}

impl Address {
    /// Reads an address; none where it is not one of ours.
    pub(super) fn parse(uri: &str) -> Option<Self> {
        if let Some(server) = uri.strip_prefix(README) {
            return Some(Self::Readme(percent_decoded(server)?));
        }
        if let Some(session) = uri.strip_prefix(REPORT) {
            return Some(Self::Report(percent_decoded(session)?));
        }
        Some(Self::Signature(percent_decoded(uri.strip_prefix(SIGNATURE)?)?))
    }

    /// As it is written.
    pub(super) fn uri(&self) -> String {
        match self {
            Self::Readme(server) => format!("{README}{}", encode(server)),
            Self::Signature(tool) => format!("{SIGNATURE}{}", encode(tool)),
            Self::Report(session) => format!("{REPORT}{}", encode(session)),
        }
    }

    /// For clients that fill in the tool themselves.
    pub(super) fn signature_template() -> String {
        format!("{SIGNATURE}{{tool}}")
    }

    /// For clients that fill in the session themselves.
    pub(super) fn report_template() -> String {
        format!("{REPORT}{{session}}")
    }
}

/// Everything but unreserved characters as `%XX` (RFC 3986).
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_as_they_were() {
        for name in ["git", "Azure DevOps", "größe__a/b?%41", ""] {
            let name = || name.to_owned();
            for address in [Address::Readme(name()), Address::Signature(name()), Address::Report(name())] {
                assert_eq!(Address::parse(&address.uri()), Some(address));
            }
        }
        assert_eq!(Address::Readme("a b".to_owned()).uri(), "mcp-studio://readme/a%20b");
    }

    #[test]
    fn what_is_no_address_is_none() {
        for uri in [
            "",
            "file:///etc/passwd",
            "mcp-studio://other/x",
            "mcp-studio://readme/%",
            "mcp-studio://readme/%zz",
            "mcp-studio://readme/%ff",
        ] {
            assert_eq!(Address::parse(uri), None, "{uri}");
        }
    }
}
