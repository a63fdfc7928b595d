//! What holds for a whole session, in words: the limits of the configuration and of the policy. Journals begin with it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::Settings;
use crate::types::Placed;

/// The limits in force, by the keys that set them. What has no limit is left out.
pub(super) fn limits(settings: &Settings) -> BTreeMap<String, String> {
    let (scripts, policy) = (&settings.limits, &settings.policy);
    let count = |number: u64| Some(number.to_string());
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64().to_string());
    let placed = |number: &Option<Placed<u64>>| number.as_ref().map(|placed| placed.value.to_string());
    let mut limits: BTreeMap<String, String> = [
        ("script_timeout_seconds", seconds(scripts.script_timeout)),
        ("script_cpu_seconds", seconds(scripts.cpu)),
        ("script_memory_bytes", count(scripts.memory_bytes)),
        ("script_processes", count(scripts.processes)),
        ("script_open_files", count(scripts.open_files)),
        ("script_output_bytes", count(scripts.output_bytes)),
        ("script_file_bytes", count(scripts.file_bytes)),
        ("policy.max_steps", placed(&policy.max_steps)),
        ("policy.seconds", seconds(policy.time.as_ref().map(|time| time.value))),
        ("policy.tokens", placed(&policy.tokens)),
        ("policy.usd", policy.cost.as_ref().map(|cost| cost.value.usd.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, limit)| Some((name.to_owned(), limit?)))
    .collect();
    let switches = [("no_network", &policy.no_network), ("read_only", &policy.read_only), ("dry_run", &policy.dry_run)];
    limits.extend(switches.into_iter().filter(|(_, on)| on.value).map(|(name, _)| (format!("policy.{name}"), "on".to_owned())));
    let rates = policy.rates.iter().zip(1..).map(|(rate, number)| {
        let words = format!("{} calls in {} s", rate.calls, rate.period.as_secs_f64());
        (format!("policy.rates.{number}"), words)
    });
    limits.extend(rates);
    limits
}
