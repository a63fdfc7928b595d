//! Searches, calls and runs through the studio of a project: `cargo run --example studio -- path/to/mcp_config.json`.
#![cfg_attr(not(test), expect(clippy::print_stdout, reason = "an example shows what it found"))]

use std::path::PathBuf;

use mcp_studio::ops::{Detail, Folder, Location, RunRequest, Script, SearchRequest, Studio, disclose};
use mcp_studio::types::{Caller, Failure};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const SCRIPT: &str = r#"
from mcp_execution import call_tool, set_result

listing = call_tool("files__list_directory", {"path": "."})
set_result(sorted(entry["path"] for entry in listing["entries"]))
"#;

/// What was found.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    /// Signatures of tools that have to do with listing.
    pub(crate) tools: Vec<Value>,
    /// What a call answered.
    pub(crate) counted: Value,
    /// What a script gave to `set_result`.
    pub(crate) names: Option<Value>,
    /// Tokens that the script kept out of an agent's context, in percent.
    pub(crate) saved_percent: Option<f64>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let config = std::env::args_os().nth(1).map(PathBuf::from);
    let found = look(Location { config, workspace: None }).await?;
    println!("{found:#?}");
    Ok(())
}

/// Opens the project, asks it three things and closes it: no server and no script is left.
pub(crate) async fn look(location: Location) -> Result<Found, Failure> {
    let studio = Studio::open(&location, "example")?;
    let found = ask(&studio).await;
    studio.shutdown().await;
    found
}

async fn ask(studio: &Studio) -> Result<Found, Failure> {
    let request = SearchRequest { query: "list directory".to_owned(), server: None, detail: Detail::Signature, limit: 1 };
    let tools = studio.search(&request).await?.iter().map(|hit| disclose(&hit.tool, Detail::Signature)).collect();

    let arguments = Some(json!({"path": "."}));
    let call = studio.call_tool("files__count", arguments, Caller::CommandLine, CancellationToken::new()).await;
    let counted = call.outcome?.value;

    let run = studio.run_script(script()).await?;
    let result = run.finished().await;
    let ledger = studio.board().context_ledger(Some(result.run));
    Ok(Found {
        tools,
        counted: counted["files"].clone(),
        names: result.value.clone(),
        saved_percent: ledger.map(|ledger| ledger.saved_percent),
    })
}

fn script() -> RunRequest {
    let script = Script::Text { name: "names.py".to_owned(), source: SCRIPT.to_owned() };
    RunRequest { folder: Folder::Workspace, ..RunRequest::of(script) }
}
