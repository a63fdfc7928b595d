//! Why a server does not answer, and the one thing to try. Pure: facts in, failure out.

use super::handshake::Probe;
use crate::config::{ServerSettings, TransportSettings};
use crate::sys::process::{Exit, exit_words};
use crate::types::{Failure, FailureKind};

/// What is known of the end of a server.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// How its process ended.
    pub(super) exit: Option<Exit>,
    /// Its last stderr lines.
    pub(super) stderr: String,
    /// What was started, in words.
    pub(super) command: Option<String>,
    /// What the carrier said.
    pub(super) epitaph: Option<String>,
}

/// When it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the handshake was done.
    Connecting,
    /// After it.
    Answering,
}

/// The failure for a server that ended by itself.
pub(super) fn ended(settings: &ServerSettings, ending: &Ending, phase: Phase) -> Failure {
    let words = match (ending.exit, &ending.epitaph) {
        (Some(exit), _) => exit_words(exit),
        (None, Some(epitaph)) => format!("ended: {epitaph}"),
        (None, None) => "closed its output".to_owned(),
    };
    let when = match phase {
        Phase::Connecting => " while connecting",
        Phase::Answering => "",
    };
    let failure = Failure::new(FailureKind::Connection, format!("server \"{}\" {words}{when}", settings.name));
    with_facts(failure, ending).hint(hint(settings, ending))
}

/// Adds stderr and command, where there are any.
pub(super) fn with_facts(failure: Failure, ending: &Ending) -> Failure {
    let failure = if ending.stderr.is_empty() { failure } else { failure.note("stderr", &ending.stderr) };
    match &ending.command {
        Some(command) => failure.note("command", command),
        None => failure,
    }
}

/// Texts on stderr and what they mean. The first that fits is taken.
const CAUSES: [(&[&str], Cause); 10] = [
    (&["not a git repository", "not a valid Git repository"], Cause::Folder),
    (&["node: command not found", "node: not found", "‘node’", "env: node"], Cause::Node),
    (&["uv: command not found", "uv: not found", "uvx: not found"], Cause::Uv),
    (&["command not found", ": not found"], Cause::Program),
    (&["ModuleNotFoundError", "No module named", "Cannot find module", "ERR_MODULE_NOT_FOUND"], Cause::Module),
    (&["E404", "No solution found", "was not found in the package registry"], Cause::Package),
    (
        &["ENOTFOUND", "EAI_AGAIN", "getaddrinfo", "Could not resolve", "Temporary failure in name resolution", "dns error"],
        Cause::Network,
    ),
    (&["environment variable", "API_KEY", "API key", "_TOKEN", "KeyError", "credentials"], Cause::Variable),
    (&["EACCES", "Permission denied", "PermissionError"], Cause::Permission),
    (&["usage:", "Usage:", "unrecognized arguments", "required arguments", "Unknown option"], Cause::Arguments),
];

/// What usually stands behind a text on stderr.
#[derive(Debug, Clone, Copy)]
enum Cause {
    Folder,
    Node,
    Uv,
    Program,
    Module,
    Package,
    Network,
    Variable,
    Permission,
    Arguments,
}

fn hint(settings: &ServerSettings, ending: &Ending) -> String {
    let found = CAUSES.iter().find(|(texts, _)| texts.iter().any(|text| ending.stderr.contains(text)));
    match (found, ending.exit) {
        (Some((_, cause)), _) => for_cause(settings, *cause),
        (None, Some(Exit::Code(127))) => for_cause(settings, Cause::Program),
        (None, Some(Exit::Signal(9))) => "it was killed from outside; the system may have run out of memory".to_owned(),
        (None, Some(Exit::Code(0))) => {
            format!("it ended by itself: check that \"command\" and \"args\" in {} start an MCP server on stdio", settings.place)
        }
        (None, Some(_)) if ending.stderr.is_empty() => format!("run the command of {} by hand to see why", settings.place),
        (None, Some(_)) => format!("see what it says on stderr, then check \"args\", \"env\" and \"cwd\" in {}", settings.place),
        (None, None) => "check that the server is running, then connect again".to_owned(),
    }
}

fn for_cause(settings: &ServerSettings, cause: Cause) -> String {
    let (name, place) = (&settings.name, &settings.place);
    match cause {
        Cause::Folder => format!("set \"cwd\" for \"{name}\" in {place}"),
        Cause::Node => "install Node.js (https://nodejs.org)".to_owned(),
        Cause::Uv => "install uv (https://docs.astral.sh/uv)".to_owned(),
        Cause::Program => format!("install the program it looks for, or set \"PATH\" in \"env\" of \"{name}\" in {place}"),
        Cause::Module => format!("install the missing module where \"command\" of \"{name}\" in {place} finds it"),
        Cause::Package => format!("check the package's name in \"args\" of \"{name}\" in {place}"),
        Cause::Network => "it needs the network to start: check the connection or a proxy".to_owned(),
        Cause::Variable => format!("set the variable it asks for in \"env\" of \"{name}\" in {place}"),
        Cause::Permission => format!("check the permissions of the files it names, or \"cwd\" of \"{name}\" in {place}"),
        Cause::Arguments => format!("correct \"args\" of \"{name}\" in {place}"),
    }
}

/// The failure for a server that gave no answer within its time.
pub(super) fn silent(settings: &ServerSettings, ending: &Ending, probe: Probe) -> Failure {
    let seconds = settings.connect_timeout.as_secs_f64();
    let question = match probe {
        Probe::Unasked => "",
        Probe::Asked(_) => " to server/discover",
        Probe::GivenUp | Probe::Late | Probe::Answered => " to initialize",
    };
    let failure =
        Failure::new(FailureKind::Timeout, format!("server \"{}\" gave no answer{question} within {seconds} s", settings.name));
    let hint = match &settings.transport {
        TransportSettings::Stdio { .. } => {
            format!("check that \"command\" and \"args\" in {} start an MCP server on stdio", settings.place)
        }
        TransportSettings::Http { .. } | TransportSettings::WebSocket { .. } => format!("check \"url\" in {}", settings.place),
    };
    with_facts(failure, ending).hint(hint)
}

/// Whether a server may have ended because it cannot bear the probe, so that the older handshake is worth a try.
pub(super) fn minds_the_probe(ending: &Ending) -> bool {
    let clean = ending.exit == Some(Exit::Code(0)) && ending.stderr.is_empty();
    clean || ["discover", "nitializ", "nknown method", "ethod not found"].iter().any(|word| ending.stderr.contains(word))
}

/// A command and its arguments in one line, for people. What looks like a secret is left out.
pub(super) fn command_words(program: &std::path::Path, arguments: &[String]) -> String {
    let mut words = vec![program.display().to_string()];
    let mut secret_follows = false;
    for argument in arguments {
        let secret = is_secret(argument);
        words.push(match argument.split_once('=') {
            _ if secret_follows => "***".to_owned(),
            Some((key, _)) if is_secret(key) => format!("{key}=***"),
            Some(_) | None if argument.contains("://") && argument.contains('@') => "***".to_owned(),
            Some(_) | None => argument.clone(),
        });
        secret_follows = secret && argument.starts_with('-') && !argument.contains('=');
    }
    super::traffic::cut(words.join(" ").as_bytes(), crate::types::limits::NOTE_BYTES)
}

fn is_secret(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["key", "token", "secret", "password", "authorization", "header"].iter().any(|part| word.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Place, ServerName};
    use std::path::Path;
    use std::time::Duration;

    fn settings() -> ServerSettings {
        let transport = TransportSettings::Stdio {
            command: "x".to_owned(),
            arguments: Vec::new(),
            environment: indexmap::IndexMap::new(),
            folder: "/".into(),
        };
        ServerSettings {
            name: ServerName::new("git").unwrap(),
            place: Place { file: "mcp_config.json".into(), line: 7 },
            transport,
            disabled: false,
            call_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_millis(1500),
            message_bytes: 1,
        }
    }

    #[test]
    fn an_end_names_status_stderr_command_and_one_fix() {
        let ending = Ending {
            exit: Some(Exit::Code(3)),
            stderr: "error: not a git repository".to_owned(),
            command: Some("/bin/git-server --x".to_owned()),
            epitaph: None,
        };
        assert_eq!(
            ended(&settings(), &ending, Phase::Connecting).to_string(),
            "server \"git\" exited with status 3 while connecting\n  stderr: error: not a git repository\n  \
             command: /bin/git-server --x\nhint: set \"cwd\" for \"git\" in mcp_config.json:7"
        );
        let killed = Ending { exit: Some(Exit::Signal(9)), ..Ending::default() };
        assert_eq!(
            ended(&settings(), &killed, Phase::Answering).to_string(),
            "server \"git\" killed by signal 9 (SIGKILL)\nhint: it was killed from outside; the system may have run out of memory"
        );
        assert_eq!(silent(&settings(), &Ending::default(), Probe::Unasked).message, "server \"git\" gave no answer within 1.5 s");
    }

    #[test]
    fn secrets_are_left_out_of_the_command() {
        let arguments = ["--api-key", "s1", "--token=s2", "x=y", "https://u:s3@host", "-v"].map(str::to_owned);
        assert_eq!(command_words(Path::new("/bin/a"), &arguments), "/bin/a --api-key *** --token=*** x=y *** -v");
    }
}
