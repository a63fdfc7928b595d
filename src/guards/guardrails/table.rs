//! What holds for a built-in signal where nothing is configured.

/// `provider.metric`, the score from which on it counts, and whether it refuses in mode `mixed`.
const BUILT_IN: &[(&str, &str, f64, bool)] = &[
    ("pii", "card", 0.5, true),
    ("pii", "email", 0.9, false),
    ("pii", "iban", 0.5, true),
    ("pii", "phone", 0.7, false),
    ("pii", "ssn", 0.5, true),
    ("secrets", "known", 0.5, true),
    ("secrets", "key", 0.5, true),
    ("injection", "instructions", 0.6, true),
    ("injection", "hidden_text", 0.5, true),
    ("injection", "tool_poisoning", 0.6, true),
    ("injection", "exfiltration", 0.6, true),
    ("toxicity", "abuse", 0.7, false),
    ("size", "bytes", 1.0, true),
];

/// Threshold and gate of a built-in signal; what an external provider made up counts from one half on and gates.
pub(super) fn built_in(provider: &str, metric: &str) -> (f64, bool) {
    let found = BUILT_IN.iter().find(|(named, measured, ..)| (*named, *measured) == (provider, metric));
    found.map_or((0.5, true), |(.., threshold, gate)| (*threshold, *gate))
}

/// The names of all built-in signals, as configuration writes them.
#[cfg(test)]
pub(super) fn names() -> Vec<String> {
    BUILT_IN.iter().map(|(provider, metric, ..)| format!("{provider}.{metric}")).collect()
}
