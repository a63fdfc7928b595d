//! All tools of the shared corpus, where it lies beside the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mcp_studio::codegen::{Recipe, generate, package_names};
use mcp_studio::types::{ServerName, ToolSpec};
use serde_json::{Value, json};

use super::interpreter::{
    assert_mypy_is_content, assert_pyright_is_content, lock, pyright, python, script, workspace, workspace_folder,
};

#[test]
fn real_tools_arrive_on_the_wire_as_they_were_given() {
    let (Some(workspace), Some(interpreter)) = (corpus_workspace(), python()) else {
        return;
    };
    eprintln!("{}", script(&interpreter, &workspace, "fidelity.py", &["manifest.json", "--report"]));
}

#[test]
fn real_wrappers_are_clean_under_mypy() {
    if let (Some(workspace), Some(interpreter)) = (corpus_workspace(), python()) {
        assert_mypy_is_content(&interpreter, &workspace);
    }
}

#[test]
fn real_wrappers_are_clean_under_pyright() {
    if let (Some(workspace), Some(interpreter), Some(pyright)) = (corpus_workspace(), python(), pyright()) {
        assert_pyright_is_content(&pyright, &interpreter, &workspace);
    }
}

/// The packages of all servers of the corpus, made once by each build of the tests and only read afterwards.
fn corpus_workspace() -> Option<PathBuf> {
    let corpus = corpus()?;
    let _lock = lock("test-corpus.lock");
    let build = fs::metadata(std::env::current_exe().unwrap()).unwrap().modified().unwrap();
    let folder = workspace_folder("corpus");
    let stamp = folder.join("stamp");
    if fs::read_to_string(&stamp).ok() != Some(format!("{build:?}")) {
        write_packages(&corpus, &workspace("corpus"));
        fs::write(stamp, format!("{build:?}")).unwrap();
    }
    Some(folder)
}

/// The servers of the corpus and their tools, or `None` (said on stderr) where there is no corpus.
pub(super) fn corpus() -> Option<BTreeMap<ServerName, Vec<ToolSpec>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("MCP_STUDIO_CORPUS").map_or(folder, PathBuf::from);
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("passed over: there is no corpus at {}", folder.display());
        return None;
    };
    let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    Some(files.map(|path| read_server(&path)).collect())
}

fn read_server(path: &Path) -> (ServerName, Vec<ToolSpec>) {
    let dump: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let name = path.file_stem().unwrap().to_string_lossy().replace("__", ".");
    let server = ServerName::new(&name).unwrap();
    let tools = dump["tools"].as_array().unwrap().iter().map(|raw| ToolSpec::from_wire(&server, raw.clone()).unwrap()).collect();
    (server, tools)
}

/// Writes all packages below `servers`, and `manifest.json`: what is called how.
pub(super) fn write_packages(servers: &BTreeMap<ServerName, Vec<ToolSpec>>, workspace: &Path) {
    let names = package_names(servers.keys());
    let mut manifest = Vec::new();
    for (server, tools) in servers {
        let package = generate(&Recipe::new(&names[server], server, tools));
        let folder = workspace.join("servers").join(&package.name);
        fs::create_dir_all(&folder).unwrap();
        for (file, source) in &package.files {
            fs::write(folder.join(file), source).unwrap();
        }
        for (id, function) in &package.functions {
            let tool = tools.iter().find(|tool| tool.id == *id).unwrap();
            manifest.push(json!({
                "package": package.name, "function": function, "tool": id.to_string(),
                "input": tool.input_schema, "output": tool.output_schema,
            }));
        }
    }
    fs::write(workspace.join("manifest.json"), serde_json::to_string(&manifest).unwrap()).unwrap();
}
