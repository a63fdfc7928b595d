//! Opening the cached catalog of 20 servers with 100 tools each, and searching 10,000 tools.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

use std::path::PathBuf;
use std::sync::Arc;

use divan::{Bencher, black_box};
use mcp_studio::catalog::Catalog;
use mcp_studio::config::{Location, Settings, load};
use mcp_studio::connections::Connections;
use mcp_studio::environment::Environment;
use mcp_studio::sys::pulse::Pulse;
use mcp_studio::types::ServerName;
use serde_json::{Value, json};

fn main() {
    divan::main();
}

/// A project whose servers were all listed before.
struct Project {
    folder: tempfile::TempDir,
    settings: Arc<Settings>,
    connections: Arc<Connections>,
    runtime: tokio::runtime::Runtime,
}

impl Project {
    fn new(servers: usize, tools: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/servers/listed.py");
        let names: Vec<String> = (0..servers).map(|number| format!("server{number}")).collect();
        let entry = |name: &String| {
            let file = folder.path().join(format!("{name}.json"));
            std::fs::write(&file, definitions(name, tools).to_string()).unwrap();
            (name.clone(), json!({"command": "python3", "args": [script, file]}))
        };
        let entries: serde_json::Map<String, Value> = names.iter().map(entry).collect();
        let config = folder.path().join("mcp_config.json");
        std::fs::write(&config, json!({"mcpServers": entries}).to_string()).unwrap();
        let location = Location { config: Some(config), workspace: None };
        let settings = Arc::new(load(&location, folder.path(), &|name| std::env::var(name).ok()).unwrap().settings);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let entered = runtime.enter();
        let environment = Arc::new(Environment::new(Arc::clone(&settings), Pulse::default()));
        let connections = Connections::new(Arc::clone(&settings), environment, Pulse::default());
        drop(entered);
        let project = Self { folder, settings, connections, runtime };
        let catalog = project.open();
        project.runtime.block_on(async {
            assert!(catalog.fresh_all().await.iter().all(|(_, offer)| offer.is_ok()));
            project.connections.shutdown().await;
        });
        project
    }

    fn open(&self) -> Arc<Catalog> {
        let cache = self.folder.path().join("catalog");
        Catalog::open(&cache, Arc::clone(&self.settings), Arc::clone(&self.connections), Pulse::default())
    }
}

/// Definitions of about 1,000 bytes each, as real ones are on average.
fn definitions(server: &str, tools: usize) -> Value {
    let topics = ["repository", "issue", "calendar", "invoice", "vector", "deployment", "message", "customer"];
    let tool = |number: usize| {
        let topic = topics[number % topics.len()];
        let property =
            |name: &str| json!({"type": "string", "description": format!("The {name} of the {topic} that is asked for")});
        json!({
            "name": format!("{topic}_action_{number}"),
            "description": format!("Does action {number} on one {topic} of {server}. ").repeat(5),
            "inputSchema": {"type": "object", "required": ["id"], "properties": {
                "id": property("identifier"), "name": property("name"), "filter": property("filter"),
                "limit": {"type": "integer", "minimum": 1, "maximum": 100}, "order": {"enum": ["ascending", "descending"]}}}
        })
    };
    (0..tools).map(tool).collect()
}

/// The baseline: reading all bytes of the same files.
#[divan::bench]
fn baseline_read_all_files(bencher: Bencher) {
    let project = Project::new(20, 100);
    let files: Vec<PathBuf> =
        std::fs::read_dir(project.folder.path().join("catalog")).unwrap().map(|entry| entry.unwrap().path()).collect();
    bencher.bench(|| files.iter().map(|file| std::fs::read(file).unwrap().len()).sum::<usize>());
}

/// What stands between start and first frame.
#[divan::bench]
fn open_20_servers_of_100_tools(bencher: Bencher) {
    let project = Project::new(20, 100);
    bencher.bench(|| black_box(project.open()));
}

/// Opening the node of one server.
#[divan::bench]
fn first_look_at_100_tools(bencher: Bencher) {
    let project = Project::new(20, 100);
    let server = ServerName::new("server7").unwrap();
    bencher.with_inputs(|| project.open()).bench_values(|catalog| catalog.offers()[&server].tools.iter().count());
}

/// One key in a search over 10,000 tools.
#[divan::bench(args = ["in", "invoice", "cust act 42", "deployment of server3"])]
fn search_10_000_tools(bencher: Bencher, query: &str) {
    let project = Project::new(20, 500);
    let catalog = project.open();
    assert!(catalog.search("zzzz", 1).is_empty(), "all definitions are read");
    bencher.bench(|| black_box(catalog.search(query, 50)));
}
