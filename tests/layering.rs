//! Imports point down the table, and outside crates are named only where they belong. See docs/architecture.md.
#![expect(clippy::unwrap_used, reason = "a source that cannot be read fails the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each module and what it may import.
const LAYERS: &[(&str, &str)] = &[
    ("types", ""),
    ("sys", "types"),
    ("config", "types sys"),
    ("environment", "types sys config"),
    ("connections", "types sys config environment"),
    ("catalog", "types sys config connections"),
    ("normalize", "types"),
    ("python", "types"),
    ("codegen", "types catalog python"),
    ("discovery", "types catalog codegen"),
    ("guards", "types catalog"),
    ("journal", "types sys"),
    ("telemetry", "types config connections"),
    ("calls", "types sys config connections catalog normalize discovery guards journal telemetry"),
    ("engine", "types sys config environment connections catalog normalize codegen python guards journal calls telemetry"),
    ("reports", "types sys journal"),
    (
        "ops",
        "types sys config environment connections catalog normalize codegen python guards journal calls engine reports discovery telemetry",
    ),
    ("fronts/cli", "types ops"),
    ("fronts/mcp", "types ops"),
    ("fronts/tui", "types ops python"),
];

/// Outside crates that only some modules may name.
const OWNERS: &[(&str, &str)] = &[
    ("rmcp", "connections fronts/mcp"),
    ("axum", "fronts/mcp"),
    ("reqwest", "connections telemetry"),
    ("sse_stream", "connections"),
    ("tokio_tungstenite", "connections"),
    ("rustls", "connections"),
    ("ratatui", "fronts/tui"),
    ("crossterm", "fronts/tui"),
    ("tui_textarea", "fronts/tui"),
    ("syntect", "fronts/tui"),
    ("clap", "fronts/cli"),
    ("jsonschema", "guards"),
    ("rust_xlsxwriter", "reports"),
    ("serde_saphyr", "ops"),
    ("tiktoken_rs", "journal"),
    ("opentelemetry", "telemetry"),
    ("opentelemetry_sdk", "telemetry"),
    ("opentelemetry_otlp", "telemetry"),
    ("opentelemetry_http", "telemetry"),
    ("ruff_python_parser", "python"),
    ("ruff_python_ast", "python"),
    ("ruff_python_formatter", "python"),
    ("ruff_text_size", "python"),
    ("rustix", "sys fronts/tui"),
    ("libc", "sys"),
    ("landlock", "sys"),
    ("seccompiler", "sys"),
    ("tempfile", "sys"),
];

#[test]
fn imports_point_down_and_crates_stay_with_their_owners() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&root);
    assert!(files.len() > LAYERS.len(), "the sources are where they are expected");
    let layers: BTreeMap<&str, &str> = LAYERS.iter().copied().collect();
    let faults: Vec<String> = files.iter().flat_map(|file| faults_of(&root, file, &layers)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn faults_of(root: &Path, file: &Path, layers: &BTreeMap<&str, &str>) -> Vec<String> {
    let relative = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    let Some(module) = module_of(&relative, layers) else {
        return Vec::new();
    };
    let text = std::fs::read_to_string(file).unwrap();
    let source = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut faults = Vec::new();
    for (number, line) in source.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for path in paths_after(line, "crate::") {
            let target = module_of(&path, layers).unwrap_or_default();
            let allowed = layers[module].split(' ').any(|name| name == target);
            if target != module && !allowed {
                faults.push(format!("{relative}:{}: {module} may not import {path}", number + 1));
            }
        }
        for (name, owners) in OWNERS {
            let owned = owners.split(' ').any(|owner| owner == module);
            if !owned && names(line, name) {
                faults.push(format!("{relative}:{}: only {owners} may name {name}", number + 1));
            }
        }
    }
    faults
}

/// The layer that a path below `src` (or behind `crate::`) belongs to.
fn module_of<'a>(path: &str, layers: &BTreeMap<&'a str, &str>) -> Option<&'a str> {
    let path = path.replace("::", "/");
    layers
        .keys()
        .copied()
        .find(|module| path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.'])))
}

/// The paths that follow `prefix` in a line, two segments of them.
fn paths_after(line: &str, prefix: &str) -> Vec<String> {
    line.match_indices(prefix)
        .filter(|(at, _)| !line[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$'))
        .map(|(at, _)| {
            let path: String =
                line[at + prefix.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
            path.split("::").filter(|part| !part.is_empty()).take(2).collect::<Vec<_>>().join("::")
        })
        .collect()
}

/// Whether a line of code names the crate `name` as the head of a path.
fn names(line: &str, name: &str) -> bool {
    let head = format!("{name}::");
    line.match_indices(&head).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
