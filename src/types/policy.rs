//! A policy as data: rules, switches, limits and labels, each with the place where it stands.
//! Deciding is the business of `guards::policy`; reading a file that of `config`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Place, ToolId};

/// The rule that decided about a call, as records and people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRef {
    /// Such as `deny[0]`, `max_steps` or `default`; the `id` of the rule where it has one.
    pub id: Arc<str>,
    /// Where it stands; absent for what is built in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<Place>,
    /// Why it applies, in one line.
    pub why: Arc<str>,
}

/// What a rule says of the calls it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The call may be made.
    Allow,
    /// A person must say yes first.
    Ask,
    /// The call must not be made.
    Deny,
}

impl Effect {
    /// The word for it, as in policies.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// A value and where it was set; nowhere for a default.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Option<Place>,
}

impl<T> Placed<T> {
    /// A value that nobody has set.
    pub fn built_in(value: T) -> Self {
        Self { value, place: None }
    }
}

/// One rule of a policy.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it says.
    pub effect: Effect,
    /// Its name in records, where it stands and why it is there.
    pub name: RuleRef,
    /// Which tools.
    pub tools: ToolPattern,
    /// What must all hold for the arguments.
    pub conditions: Vec<Condition>,
}

/// A set of tools: a glob for the server and one for the tool, each matching whole names exactly, letter by letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPattern {
    /// Which servers.
    pub server: Glob,
    /// Which of their tools.
    pub tool: Glob,
}

impl ToolPattern {
    /// Reads `server__tool`, each part with `*` and `?`; `*` alone is every tool. None: there is no `__`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self { server: Glob::new("*"), tool: Glob::new("*") });
        }
        let (server, tool) = text.split_once("__")?;
        (!server.is_empty() && !tool.is_empty()).then(|| Self { server: Glob::new(server), tool: Glob::new(tool) })
    }

    /// Whether it means that tool.
    pub fn matches(&self, id: &ToolId) -> bool {
        self.server.matches(id.server.as_str()) && self.tool.matches(&id.tool)
    }
}

/// As it is written: `git__*`.
impl fmt::Display for ToolPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}__{}", self.server.0, self.tool.0)
    }
}

/// `*` stands for any characters, `?` for one, all else for itself. Case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Arc<str>);

impl Glob {
    /// Every text is a glob.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of `text` fits. Linear but for texts of many stars, and then their product at the most.
    pub fn matches(&self, text: &str) -> bool {
        let (mut glob, mut rest) = (&*self.0, text);
        let mut retry: Option<(&str, &str)> = None;
        loop {
            let mut after = glob.chars();
            match (after.next(), rest.chars().next()) {
                (Some('*'), _) => {
                    glob = after.as_str();
                    retry = Some((glob, rest));
                }
                (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                    glob = after.as_str();
                    rest = &rest[found.len_utf8()..];
                }
                (None, None) => return true,
                (_, _) => match retry {
                    Some((star, from)) if !from.is_empty() => {
                        let first = from.chars().next().map_or(0, char::len_utf8);
                        (glob, rest) = (star, &from[first..]);
                        retry = Some((star, rest));
                    }
                    Some(_) | None => return false,
                },
            }
        }
    }
}

/// A condition on one argument.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The way to it: keys and indices.
    pub path: Vec<String>,
    /// What must hold. Of a list, one item is enough in a rule that asks or denies; in one that allows, all must.
    pub test: Test,
}

/// What can be asked of an argument. An argument that is absent passes `Present(false)` and `Not` only.
#[derive(Debug, Clone)]
pub enum Test {
    /// It is one of these values.
    OneOf(Vec<Value>),
    /// It is a text that fits.
    Glob(Glob),
    /// It is a text in which this is found.
    Matches(Regex),
    /// It is a number above this.
    Above(f64),
    /// It is a number below this.
    Below(f64),
    /// It is there, or is not.
    Present(bool),
    /// The other does not hold.
    Not(Box<Test>),
}

/// What is said of calls that no rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Reads and writes that destroy nothing are allowed; destructive writes, and tools that do not say, ask.
    AskWrites,
    /// All are allowed.
    Allow,
    /// All ask.
    Ask,
    /// All are denied: the allow list is the whole of what may be called.
    Deny,
}

impl Fallback {
    /// The word for it, as in configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::AskWrites => "ask_writes",
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// What a tool is, or what its results and arguments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// It changes nothing.
    Read,
    /// It changes something, and destroys nothing.
    Write,
    /// It may destroy something.
    Destructive,
    /// It talks to nothing outside this machine.
    Local,
    /// It talks to the world outside.
    OpenWorld,
    /// Its results are private.
    Private,
    /// Its results were written by strangers.
    Untrusted,
    /// Its results were written by nobody who would do harm.
    Trusted,
    /// What it is given leaves for others to see.
    Sink,
}

impl Label {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Write,
        Self::Destructive,
        Self::Local,
        Self::OpenWorld,
        Self::Private,
        Self::Untrusted,
        Self::Trusted,
        Self::Sink,
    ];

    /// The word for it, as in policies and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
            Self::Local => "local",
            Self::OpenWorld => "open_world",
            Self::Private => "private",
            Self::Untrusted => "untrusted",
            Self::Trusted => "trusted",
            Self::Sink => "sink",
        }
    }
}

/// A label that a tool bears, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelNote {
    /// Which.
    pub label: Label,
    /// The policy's place, or the server's hint.
    pub why: Arc<str>,
}

/// Labels that the policy gives to tools.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// Which tools.
    pub tools: ToolPattern,
    /// Their labels.
    pub labels: Vec<Label>,
    /// `labelled in mcp_config.json:12`.
    pub why: Arc<str>,
}

/// So many calls of some tools within a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// Which tools, taken together.
    pub tools: ToolPattern,
    /// At most this many calls.
    pub calls: u64,
    /// Within this time.
    pub period: Duration,
    /// Where it stands.
    pub place: Option<Place>,
}

/// A budget of money, and what tokens cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostBudget {
    /// US dollars that may be used.
    pub usd: f64,
    /// Price of a million tokens of arguments, as a model writes them.
    pub usd_per_million_tokens_in: f64,
    /// Price of a million tokens of results, as a model reads them.
    pub usd_per_million_tokens_out: f64,
}

/// How data is followed from private and untrusted sources to sinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flows {
    /// A sink asks when its arguments hold a piece of what was read.
    Content,
    /// A sink asks once anything private or untrusted was read.
    Any,
    /// Nothing is followed.
    Off,
}

/// What happens to a tool whose definition has changed since it was first used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinMode {
    /// It cannot be called until a person has approved the difference.
    Enforce,
    /// It can, with a warning in each step.
    Warn,
}

impl PinMode {
    /// The word for it, as in configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
        }
    }
}

/// The rules under which calls are made.
#[derive(Debug, Clone)]
pub struct Policy {
    /// In the order of the file.
    pub rules: Vec<Rule>,
    /// For calls that no rule matches.
    pub default: Placed<Fallback>,
    /// What tools are.
    pub labels: Vec<Labelled>,
    /// No tool that talks to the world outside.
    pub no_network: Placed<bool>,
    /// No tool but those that only read.
    pub read_only: Placed<bool>,
    /// Everything but the call itself.
    pub dry_run: Placed<bool>,
    /// Calls of one run, or of the session outside of runs, that may be made.
    pub max_steps: Option<Placed<u64>>,
    /// Time that the calls of one run, or of the session outside of runs, may take together.
    pub time: Option<Placed<Duration>>,
    /// Estimated tokens of arguments and results of them.
    pub tokens: Option<Placed<u64>>,
    /// What these tokens may cost.
    pub cost: Option<Placed<CostBudget>>,
    /// Limits by time, over the whole session.
    pub rates: Vec<Rate>,
    /// See [`Flows`].
    pub flows: Placed<Flows>,
    /// Reads whose answer may stand for an equal later call of the same run.
    pub reuse: Vec<ToolPattern>,
    /// See [`PinMode`].
    pub pins: Placed<PinMode>,
    /// SHA-256 of the policy as read, defaults included.
    pub hash: Arc<str>,
}

impl Default for Policy {
    /// What holds where nothing is configured.
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            default: Placed::built_in(Fallback::AskWrites),
            labels: Vec::new(),
            no_network: Placed::built_in(false),
            read_only: Placed::built_in(false),
            dry_run: Placed::built_in(false),
            max_steps: None,
            time: None,
            tokens: None,
            cost: None,
            rates: Vec::new(),
            flows: Placed::built_in(Flows::Content),
            reuse: Vec::new(),
            pins: Placed::built_in(PinMode::Enforce),
            hash: super::text_hash("{}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ServerName;

    #[test]
    fn globs_match_whole_texts() {
        for (glob, text, fits) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("git_*", "git_status", true),
            ("git_*", "my_git_status", false),
            ("*_status", "git_status_x", false),
            ("*a*b*c", "xaxbxbxc", true),
            ("*a*b*c", "xaxbxbxcx", false),
            ("g?t", "gït", true),
            ("g?t", "gt", false),
            ("git", "Git", false),
            ("a.c", "abc", false),
            ("**", "ü", true),
        ] {
            assert_eq!(Glob::new(glob).matches(text), fits, "{glob} {text}");
        }
    }

    #[test]
    fn a_pattern_means_names_letter_by_letter() {
        let id = |tool: &str| ToolId::new(ServerName::new("git").unwrap(), tool);
        let status = ToolPattern::parse("git__git_status").unwrap();
        assert!(status.matches(&id("git_status")));
        for other in ["git_statuss", "Git_status", "git_st\u{430}tus", "git_status\u{200b}", " git_status", "git-status"] {
            assert!(!status.matches(&id(other)), "{other}");
        }
        assert!(ToolPattern::parse("*").unwrap().matches(&id("x")) && ToolPattern::parse("g*__*").unwrap().matches(&id("x")));
        assert_eq!((ToolPattern::parse("git"), ToolPattern::parse("__x"), ToolPattern::parse("git__")), (None, None, None));
    }
}
