//! Runs a script with a context, in a temporary project: `cargo run --example run_script`.
#![cfg_attr(not(test), expect(clippy::print_stdout, reason = "an example shows what it found"))]

use mcp_studio::engine::{PythonEngine, PythonError, ScriptConfig, ScriptContext, ScriptResult};
use serde_json::json;

const SCRIPT: &str = r#"
from mcp_execution import context, log, set_result

words = context.request["text"].split()
log("info", f"{len(words)} words")
set_result({word: words.count(word) for word in words})
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let config = ScriptConfig { folder: folder.path().to_owned(), ..ScriptConfig::default() };
    let result = count_words(&config, "to be or not to be").await?;
    println!("{}\n{:?} after {:.1} ms", result.logs.join("\n"), result.value, result.duration.run);
    Ok(())
}

/// How often each word of `text` is in it.
pub(crate) async fn count_words(config: &ScriptConfig, text: &str) -> Result<ScriptResult, PythonError> {
    let engine = PythonEngine::new(config)?;
    let context = ScriptContext { request: json!({ "text": text }), ..ScriptContext::default() };
    let result = engine.execute_script(SCRIPT, context).await;
    engine.shutdown().await;
    result
}
