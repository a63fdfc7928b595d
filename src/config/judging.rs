//! The keys `studio.model`, `studio.prices`, `studio.record`, `studio.tokenizer` and `studio.guardrails`.

use std::collections::BTreeMap;

use super::document::{Member, Node, Value};
use super::expand::expand;
use super::fields::{Complaints, Fields, Keys};
use crate::types::limits::PROVIDER_TIMEOUT;
use crate::types::{
    BUILT_IN_SIGNALS, Estimator, ExternalProvider, ExternalReach, GuardrailMode, GuardrailSettings, Price, Prices, RecordLevel,
    SignalSettings, Stage, nearest,
};

const PRICE_KEYS: Keys = Keys {
    known: &["input_usd_per_million", "output_usd_per_million", "date"],
    foreign: &[],
    advice: &[
        ("input", "it is called \"input_usd_per_million\" here"),
        ("output", "it is called \"output_usd_per_million\" here"),
    ],
};
const GUARDRAIL_KEYS: Keys =
    Keys { known: &["mode", "signals", "argument_bytes", "result_bytes", "external"], foreign: &[], advice: &[] };
const SIGNAL_KEYS: Keys = Keys { known: &["threshold", "gate"], foreign: &[], advice: &[] };
const EXTERNAL_KEYS: Keys = Keys {
    known: &["command", "args", "tool", "stages", "timeout_seconds", "threshold", "gate", "sees"],
    foreign: &[],
    advice: &[],
};
/// A threshold above 1 is never reached.
const THRESHOLD_MAX: f64 = 2.0;
const BYTES_MAX: f64 = 1.0e12;
const PRICE_MAX: f64 = 1.0e6;

/// What is configured about judging and recording calls.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JudgingSettings {
    /// `studio.model`: the model that sessions are made for; it has the prices, and part in guardrails' fingerprints.
    pub model: Option<String>,
    /// `studio.prices`, before the built-in ones.
    pub prices: Prices,
    /// `studio.record`. The level `raw` can only be asked for on the command line.
    pub record: RecordLevel,
    /// `studio.tokenizer`: what counts tokens once calls are over.
    pub tokenizer: Estimator,
    /// `studio.guardrails`.
    pub guardrails: GuardrailSettings,
}

/// Reads these keys of `studio`.
pub(super) fn read(studio: &Fields<'_>, lookup: &dyn Fn(&str) -> Option<String>, complaints: &mut Complaints) -> JudgingSettings {
    let object = |key: &str, complaints: &mut Complaints| {
        let member = studio.get(key)?;
        Fields::of(&member.node, format!("\"studio.{key}\""), None, complaints)
    };
    let model = studio.text("model", complaints).map(|(model, _)| model.to_owned());
    let record = word(studio, "record", &[RecordLevel::Default, RecordLevel::Full], RecordLevel::word, complaints);
    let tokenizer = word(studio, "tokenizer", &Estimator::ALL, tokenizer_word, complaints).unwrap_or_default();
    let prices = object("prices", complaints).map(|fields| prices(&fields, complaints)).unwrap_or_default();
    let guardrails = object("guardrails", complaints).map(|fields| guardrails(&fields, lookup, complaints));
    JudgingSettings { model, prices, record: record.unwrap_or_default(), tokenizer, guardrails: guardrails.unwrap_or_default() }
}

/// How configuration calls what counts tokens.
fn tokenizer_word(estimator: Estimator) -> &'static str {
    match estimator {
        Estimator::Bytes => "estimate",
        Estimator::O200kBase => estimator.word(),
    }
}

/// A text that must be the word of one of `all`.
fn word<T: Copy>(
    fields: &Fields<'_>,
    key: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
    complaints: &mut Complaints,
) -> Option<T> {
    let (text, line) = fields.text(key, complaints)?;
    let found = all.iter().copied().find(|one| word(*one) == text);
    if found.is_none() {
        let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
        complaints.error(line, format!("{}: unknown \"{key}\" \"{text}\"", fields.owner()), format!("use {}", words.join(", ")));
    }
    found
}

fn prices(fields: &Fields<'_>, complaints: &mut Complaints) -> Prices {
    let mut configured = BTreeMap::new();
    for Member { key, line, node } in fields.members() {
        let Some(price) = Fields::of(node, format!("the price of \"{key}\""), Some(PRICE_KEYS), complaints) else { continue };
        let mut usd = |key| {
            if price.get(key).is_none() {
                complaints.error(*line, format!("{}: \"{key}\" is missing", price.owner()), "US dollars for a million tokens");
            }
            price.number(key, &(0.0..=PRICE_MAX), "a price of a million tokens in US dollars", complaints)
        };
        let (input, output) = (usd("input_usd_per_million"), usd("output_usd_per_million"));
        let date = price.text("date", complaints).map(|(date, _)| date.to_owned()).unwrap_or_default();
        if let (Some(input), Some(output)) = (input, output) {
            configured.insert(key.clone(), Price { input, output, date, source: complaints.place(*line).to_string() });
        }
    }
    Prices { configured }
}

fn guardrails(fields: &Fields<'_>, lookup: &dyn Fn(&str) -> Option<String>, complaints: &mut Complaints) -> GuardrailSettings {
    let mut settings = GuardrailSettings::default();
    fields.refuse_unknown(GUARDRAIL_KEYS, complaints);
    if let Some(mode) = word(fields, "mode", &GuardrailMode::ALL, GuardrailMode::word, complaints) {
        settings.mode = mode;
    }
    for (key, bytes) in [("argument_bytes", &mut settings.argument_bytes), ("result_bytes", &mut settings.result_bytes)] {
        if let Some(number) = fields.number(key, &(1.0..=BYTES_MAX), "a number of bytes", complaints) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "within the range above; fractions are cut"
            )]
            let whole = number as u64;
            *bytes = whole;
        }
    }
    for (name, node) in members(fields, "external", complaints) {
        if let Some(provider) = external(name, node, lookup, complaints) {
            settings.external.insert(name.to_owned(), provider);
        }
    }
    for (name, node) in members(fields, "signals", complaints) {
        let known = BUILT_IN_SIGNALS.contains(&name)
            || name.split_once('.').is_some_and(|(provider, _)| settings.external.contains_key(provider));
        if !known {
            let hint = nearest(name, BUILT_IN_SIGNALS)
                .map_or_else(|| BUILT_IN_SIGNALS.join(", "), |near| format!("did you mean \"{near}\"?"));
            complaints.error(node.line, format!("\"studio.guardrails\": there is no signal \"{name}\""), hint);
            continue;
        }
        let Some(signal) = Fields::of(node, format!("the signal \"{name}\""), None, complaints) else { continue };
        signal.refuse_unknown(SIGNAL_KEYS, complaints);
        let threshold = threshold(&signal, complaints);
        settings.signals.insert(name.to_owned(), SignalSettings { threshold, gate: signal.flag("gate", complaints) });
    }
    settings
}

/// The members of the object under `key`.
fn members<'a>(fields: &Fields<'a>, key: &str, complaints: &mut Complaints) -> Vec<(&'a str, &'a Node)> {
    let Some(member) = fields.get(key) else { return Vec::new() };
    let owner = format!("{}: \"{key}\"", fields.owner());
    let inner = Fields::of(&member.node, owner, None, complaints);
    inner.map(|inner| inner.members().iter().map(|member| (member.key.as_str(), &member.node)).collect()).unwrap_or_default()
}

fn threshold(fields: &Fields<'_>, complaints: &mut Complaints) -> Option<f64> {
    fields.number("threshold", &(0.0..=THRESHOLD_MAX), "a score from 0 to 1, or above 1 for never", complaints)
}

fn external(
    name: &str,
    node: &Node,
    lookup: &dyn Fn(&str) -> Option<String>,
    complaints: &mut Complaints,
) -> Option<ExternalProvider> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let built_in = BUILT_IN_SIGNALS.iter().any(|signal| signal.split('.').next() == Some(name));
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) || built_in {
        let hint = "a short word of a-z, 0-9, _ and - that no built-in provider has";
        complaints.error(node.line, format!("\"studio.guardrails\": \"{name}\" cannot name a provider"), hint);
        return None;
    }
    let fields = Fields::of(node, format!("the provider \"{name}\""), None, complaints)?;
    fields.refuse_unknown(EXTERNAL_KEYS, complaints);
    let reach = reach(&fields, node.line, lookup, complaints);
    let stages = stages(&fields, complaints);
    let sees = word(&fields, "sees", &["masked", "raw"], |sees| sees, complaints);
    Some(ExternalProvider {
        reach: reach?,
        stages,
        timeout: fields.seconds("timeout_seconds", complaints).unwrap_or(PROVIDER_TIMEOUT),
        threshold: threshold(&fields, complaints).unwrap_or(0.5),
        gate: fields.flag("gate", complaints).unwrap_or(true),
        sees_raw: sees == Some("raw"),
    })
}

fn reach(
    fields: &Fields<'_>,
    line: u32,
    lookup: &dyn Fn(&str) -> Option<String>,
    complaints: &mut Complaints,
) -> Option<ExternalReach> {
    let command = fields.text("command", complaints);
    let tool = fields.text("tool", complaints);
    match (command, tool) {
        (Some(command), None) => {
            let arguments = fields.texts("args", complaints);
            let mut expanded = |(text, line): (&str, u32)| {
                let expanded = expand(text, lookup);
                if expanded.is_err() {
                    complaints.error(
                        line,
                        format!("{} names a variable that is not set", fields.owner()),
                        "write ${NAME:-default}",
                    );
                }
                expanded.ok()
            };
            let command = expanded(command);
            let arguments: Vec<Option<String>> = arguments.into_iter().map(expanded).collect();
            Some(ExternalReach::Command { command: command?, arguments: arguments.into_iter().collect::<Option<_>>()? })
        }
        (None, Some((tool, line))) => match tool.split_once("__") {
            Some((server, name)) if !server.is_empty() && !name.is_empty() => Some(ExternalReach::Tool(tool.to_owned())),
            _ => {
                complaints.error(line, format!("{}: \"{tool}\" is no tool", fields.owner()), "write server__tool");
                None
            }
        },
        (Some(_), Some(_)) | (None, None) => {
            complaints.error(line, format!("{} needs \"command\" or \"tool\", one of them", fields.owner()), "");
            None
        }
    }
}

/// Where it looks; everywhere but before the session unless it is said.
fn stages(fields: &Fields<'_>, complaints: &mut Complaints) -> Vec<Stage> {
    if !matches!(fields.get("stages"), Some(Member { node: Node { value: Value::Array(_), .. }, .. })) {
        fields.texts("stages", complaints);
        return vec![Stage::Arguments, Stage::Result];
    }
    let mut stages = Vec::new();
    for (text, line) in fields.texts("stages", complaints) {
        match Stage::ALL.into_iter().find(|stage| stage.word() == text) {
            Some(stage) => stages.push(stage),
            None => complaints.error(
                line,
                format!("{}: there is no stage \"{text}\"", fields.owner()),
                "use preflight, arguments, result",
            ),
        }
    }
    stages
}
