//! Independent readers of what was written: Python's own XML and HTML parsers, and openpyxl.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use mcp_studio::reports::{Format, render};

use super::golden::{compare, fixed_report};

/// Runs `tests/python/report_reader.py` with `bytes` on its standard input, and answers what it prints.
fn read(python: &str, what: &str, bytes: &[u8]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/report_reader.py");
    let mut command = Command::new(python);
    let mut child =
        command.args([script, what]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let written = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(bytes).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(written.status.success(), "{what}: {}", String::from_utf8_lossy(&written.stderr));
    String::from_utf8(written.stdout).unwrap()
}

/// The page is well-formed, asks for nothing and runs nothing.
pub(super) fn check_page(page: &str) {
    assert_eq!(read("python3", "page", page.as_bytes()), "fine\n");
}

/// The JUnit file is well-formed XML whose counts are true.
pub(super) fn check_xml(text: &str) {
    assert_eq!(read("python3", "junit", text.as_bytes()), "fine\n");
}

/// The workbook has no formula, no link, no macro and nothing outside; every sheet is frozen and filtered.
pub(super) fn check_workbook(bytes: &[u8]) {
    assert_eq!(read("python3", "workbook", bytes), "Summary\nMCP_Details\nServers\nDecisions\nErrors\nLegend\n");
}

#[test]
fn the_fixed_report_reads_well() {
    let report = fixed_report();
    check_page(&String::from_utf8(render(&report, Format::Html).unwrap()).unwrap());
    check_xml(&String::from_utf8(render(&report, Format::Junit).unwrap()).unwrap());
    check_workbook(&render(&report, Format::Xlsx).unwrap());
}

#[test]
fn the_readers_find_what_is_wrong() {
    let report = fixed_report();
    let page = String::from_utf8(render(&report, Format::Html).unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/report_reader.py");
    for wrong in [
        page.replace("</table>", ""),
        page.replace("<body>", "<body><script>1</script>"),
        page.replace("<body>", "<body><img src=\"//evil.example\">"),
        page.replace("<body>", "<body onload=\"x\">"),
        page.replace("<body>", "<body style=\"background:url(x)\">"),
    ] {
        let mut child =
            Command::new("python3").args([script, "page"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(wrong.as_bytes()).unwrap();
        assert!(!child.wait().unwrap().success());
    }
}

/// A Python with openpyxl, in an environment that stays; none where the registry cannot be reached.
fn python_with_openpyxl() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("openpyxl");
    let python = folder.join("bin/python");
    let works = |python: &PathBuf| {
        let tried = Command::new(python).args(["-c", "import openpyxl"]).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    if works(&python) {
        return Some(python);
    }
    let run = |program: &std::ffi::OsStr, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let made = run("python3".as_ref(), &["-m", "venv", &folder.to_string_lossy()])
        && run(python.as_os_str(), &["-m", "pip", "install", "--quiet", "--retries", "1", "openpyxl==3.1.5"]);
    if made && works(&python) {
        return Some(python);
    }
    assert!(std::env::var_os("CI").is_none(), "openpyxl could not be installed");
    eprintln!("passed over: openpyxl cannot be had");
    None
}

#[test]
fn another_program_reads_the_workbook() {
    if let Some(python) = python_with_openpyxl() {
        let bytes = render(&fixed_report(), Format::Xlsx).unwrap();
        compare("workbook.txt", &read(&python.to_string_lossy(), "openpyxl", &bytes));
    }
}

/// A browser, if this machine has one.
fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|program| program.is_file())
}

#[test]
fn a_browser_shows_the_page_without_complaint() {
    let Some(browser) = browser() else {
        eprintln!("passed over: there is no browser");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    std::fs::write(&page, render(&fixed_report(), Format::Html).unwrap()).unwrap();
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom", &profile];
    let mut command = Command::new(browser);
    let shown = command.args(options).arg(format!("file://{}", page.display())).output().unwrap();
    let (dom, said) = (String::from_utf8(shown.stdout).unwrap(), String::from_utf8_lossy(&shown.stderr).into_owned());
    assert!(dom.contains("<h1>Session 20261121-194412-078-0badcafe</h1>") && dom.contains("class=\"ledger\""), "{said}");
    // What a page or its guard complains of, a refused request among it, is said on the console.
    assert!(!said.contains("CONSOLE"), "{said}");
}
