//! Golden wrappers: `tests/golden/<case>.json` is a tool as a server lists it, `<case>.py` the module made of it.
//! `UPDATE_GOLDEN=1` writes the modules anew.

use std::path::{Path, PathBuf};

use mcp_studio::codegen::{Recipe, generate, wrapper};
use mcp_studio::types::{ServerName, ToolSpec};

#[test]
fn every_golden_schema_makes_its_module() {
    let cases = cases();
    assert!(cases.len() >= 40, "the golden schemas are where they are expected");
    let wrong: Vec<String> = cases.iter().filter_map(|case| difference(case)).collect();
    assert!(wrong.is_empty(), "{}\nUPDATE_GOLDEN=1 writes them anew", wrong.join("\n"));
}

/// All golden tools, each on a server of its own.
pub(super) fn golden_tools() -> Vec<(ServerName, Vec<ToolSpec>)> {
    let server = |case: &Path| ServerName::new(&case.file_stem().unwrap().to_string_lossy()).unwrap();
    cases().iter().map(|case| (server(case), vec![read(&server(case), case)])).collect()
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "json") && !path.ends_with("hostile.json"))
        .collect();
    cases.sort();
    cases
}

fn read(server: &ServerName, case: &Path) -> ToolSpec {
    let raw = serde_json::from_str(&std::fs::read_to_string(case).unwrap()).unwrap();
    ToolSpec::from_wire(server, raw).unwrap()
}

fn difference(case: &Path) -> Option<String> {
    let server = ServerName::new("golden").unwrap();
    let tool = read(&server, case);
    let made = wrapper(&Recipe::new("golden", &server, [&tool]), &tool.id).unwrap();
    assert!(
        generate(&Recipe::new("golden", &server, [&tool])).files.values().any(|text| *text == made.source),
        "{}",
        case.display()
    );
    let golden = case.with_extension("py");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &made.source).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    (made.source != expected).then(|| format!("{} is not what is made of its schema", golden.display()))
}
