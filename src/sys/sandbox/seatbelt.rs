//! The same policy as a profile of macOS Seatbelt. Compiled for macOS and tested as a text; not yet run there.

use std::fmt::Write as _;
use std::path::Path;

use super::Policy;

/// Starts a program under a profile.
#[cfg_attr(not(target_os = "macos"), expect(dead_code, reason = "only there is it started"))]
pub(in crate::sys) const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// What any program needs, and nothing of a person.
const SYSTEM: &str = "(version 1)
(deny default)
(allow process-exec process-fork)
(allow signal (target same-sandbox))
(allow sysctl-read)
(allow ipc-posix-sem ipc-posix-shm)
(allow mach-lookup (global-name \"com.apple.system.opendirectoryd.libinfo\"))
(allow file-read-metadata)
(allow file-read* file-map-executable
  (subpath \"/usr\") (subpath \"/bin\") (subpath \"/sbin\") (subpath \"/System\") (subpath \"/Library/Frameworks\")
  (subpath \"/opt/homebrew\") (subpath \"/private/etc/ssl\") (subpath \"/private/var/db/timezone\") (subpath \"/private/var/db/dyld\")
  (literal \"/\") (literal \"/private/etc/localtime\") (literal \"/dev/random\") (literal \"/dev/urandom\") (literal \"/dev/zero\"))
(allow file-read* file-write-data (literal \"/dev/null\") (literal \"/dev/dtracehelper\"))
";

/// The profile of `policy`. The last rule that fits decides, so what is hidden comes last. There is no rule for the network:
/// it stays denied, while socket pairs and inherited descriptors work.
pub(super) fn profile(policy: &Policy) -> String {
    let mut profile = SYSTEM.to_owned();
    for path in &policy.read {
        let _ = writeln!(profile, "(allow file-read* file-map-executable (subpath {}))", quoted(path));
    }
    for path in &policy.write {
        let _ = writeln!(profile, "(allow file-read* file-write* (subpath {}))", quoted(path));
    }
    for path in &policy.hidden {
        let _ = writeln!(profile, "(deny file-read-data file-write* (subpath {}))", quoted(path));
    }
    profile
}

/// A path as a text of the profile language.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_becomes_rules_and_paths_stay_texts() {
        let policy = Policy {
            read: vec!["/work/a \"b\"\\c".into()],
            write: vec!["/work/output".into()],
            hidden: vec!["/work/.mcp-studio".into()],
            ..Policy::default()
        };
        let profile = profile(&policy);
        let rules = profile.strip_prefix(SYSTEM).unwrap();
        assert_eq!(
            rules,
            "(allow file-read* file-map-executable (subpath \"/work/a \\\"b\\\"\\\\c\"))\n(allow file-read* file-write* (subpath \
             \"/work/output\"))\n(deny file-read-data file-write* (subpath \"/work/.mcp-studio\"))\n"
        );
        assert!(!profile.contains("network"));
        assert_eq!(profile.matches('(').count(), profile.matches(')').count());
    }
}
