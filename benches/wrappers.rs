//! Wrappers for 1,500 tools, and their cost per tool as a server grows: `cargo bench --bench wrappers`.
//!
//! The tools are those of the corpus beside the repository (`MCP_STUDIO_CORPUS` names another), else the golden ones
//! of the tests over and over. The baseline is the formatting of the same modules, without which none can be made.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints its figures and stops at the first fault")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mcp_studio::codegen::{Recipe, generate};
use mcp_studio::python::format_module;
use mcp_studio::types::{ServerName, ToolSpec};
use serde_json::Value;

/// Tools of the whole benchmark.
const TOOLS: usize = 1_500;
/// Sizes of servers that are compared.
const SIZES: [usize; 5] = [1, 10, 50, 100, 300];
/// Times each figure is taken; the median counts.
const ROUNDS: usize = 7;

fn main() {
    let tools = tools();
    let server = tools[0].id.server.clone();
    let modules: Vec<String> =
        tools.chunks(10).flat_map(|tools| generate(&Recipe::new("bench", &server, tools)).files.into_values()).collect();
    let whole = median(|| tools.chunks(10).for_each(|tools| drop(generate(&Recipe::new("bench", &server, tools)))));
    let baseline = median(|| modules.iter().for_each(|source| drop(format_module(source))));
    println!("wrappers for {TOOLS} tools: {whole:.0?}, {:.1} x formatting alone", whole.as_secs_f64() / baseline.as_secs_f64());
    let mut first = None;
    for size in SIZES {
        let each = median(|| tools.chunks_exact(size).for_each(|tools| drop(generate(&Recipe::new("bench", &server, tools)))));
        let each = each.as_secs_f64() / (TOOLS - TOOLS % size) as f64;
        let ratio = each / *first.get_or_insert(each);
        println!("{size:>3} tools a server: {:.0} us a tool, {ratio:.2} x a server of one", each * 1e6);
    }
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

/// Tools of one server, each with a name of its own.
fn tools() -> Vec<ToolSpec> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = std::env::var_os("MCP_STUDIO_CORPUS").map_or_else(|| root.join("../shared/corpus"), PathBuf::from);
    let folder = if corpus.is_dir() { corpus } else { root.join("tests/golden") };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let definitions: Vec<Value> = files.iter().flat_map(|path| definitions(path)).collect();
    let server = ServerName::new("bench").unwrap();
    let named = |(index, definition): (usize, &Value)| {
        let mut definition = definition.clone();
        definition["name"] = Value::from(format!("{}_{index}", definition["name"].as_str().unwrap()));
        ToolSpec::from_wire(&server, definition).unwrap()
    };
    definitions.iter().cycle().take(TOOLS).enumerate().map(named).collect()
}

/// A file holds one tool, a list of tools, or what a server answered to `tools/list`.
fn definitions(path: &Path) -> Vec<Value> {
    let read: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let listed = read.get("tools").unwrap_or(&read).as_array().cloned();
    listed.unwrap_or_else(|| vec![read])
}
