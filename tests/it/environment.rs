//! Tests of finding Python and of making the virtual environment: real interpreters, real pip, no network.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use mcp_studio::config::{Location, Settings, load};
use mcp_studio::environment::{Environment, Interpreter, State, Virtual};
use mcp_studio::sys::process::find_program;
use mcp_studio::sys::pulse::Pulse;

/// A project folder with a folder `bin` that is the whole `PATH`.
struct Project {
    root: tempfile::TempDir,
    variables: BTreeMap<OsString, OsString>,
}

impl Project {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("bin")).unwrap();
        let path = root.path().join("bin").into_os_string();
        let variables = BTreeMap::from([("PATH".into(), path), ("HOME".into(), root.path().into())]);
        Self { root, variables }
    }

    fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.root.path().join("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A program that claims to be such a Python.
    fn claim(&self, name: &str, kind: &str, version: &str) -> PathBuf {
        self.program(name, &format!("echo '{{\"name\": \"{kind}\", \"version\": [{version}], \"path\": \"/x/{name}\"}}'"))
    }

    fn settings(&self, configuration: &str) -> Arc<Settings> {
        std::fs::write(self.root.path().join("mcp_config.json"), configuration).unwrap();
        Arc::new(load(&Location::default(), self.root.path(), &|_| None).unwrap().settings)
    }

    fn environment(&self, configuration: &str) -> Environment {
        Environment::with_variables(self.settings(configuration), Pulse::default(), self.variables.clone())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(path)
    }
}

/// The real interpreter of this machine, as it names itself.
fn real_python() -> (PathBuf, (u32, u32, u32)) {
    let shim = find_program("python3", &std::env::var_os("PATH").unwrap()).unwrap();
    let question = "import sys; print(sys.executable, *sys.version_info[:3])";
    let answer = Command::new(shim).args(["-I", "-S", "-c", question]).output().unwrap().stdout;
    let answer = String::from_utf8(answer).unwrap();
    let words: Vec<&str> = answer.split_whitespace().collect();
    let number = |index: usize| words[index].parse().unwrap();
    (words[0].into(), (number(1), number(2), number(3)))
}

#[tokio::test]
async fn the_real_interpreter_is_found_behind_a_shim_and_old_ones_are_passed_over() {
    let project = Project::new();
    let (real, version) = real_python();
    project.claim("python3", "cpython", "3, 9, 18");
    project.claim("python3.13", "pypy", "3, 13, 0");
    project.program("python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127");
    project.program("python3.11", &format!("exec {} \"$@\"", real.display()));
    let found = project.environment("{}").interpreter().await.unwrap();
    assert_eq!(found, Interpreter { path: real, version, found_by: "PATH" });
}

#[tokio::test]
async fn an_active_environment_goes_before_the_path_and_the_configuration_before_all() {
    let mut project = Project::new();
    project.claim("python3", "cpython", "3, 12, 1");
    std::fs::create_dir_all(project.at("active/bin")).unwrap();
    std::fs::rename(project.claim("python", "cpython", "3, 11, 0"), project.at("active/bin/python")).unwrap();
    project.variables.insert("VIRTUAL_ENV".into(), project.at("active").into());
    let interpreter = |path: &str, version, found_by| Interpreter { path: path.into(), version, found_by };
    let found = project.environment("{}").interpreter().await.unwrap();
    assert_eq!(found, interpreter("/x/python", (3, 11, 0), "VIRTUAL_ENV"));
    let configured = r#"{"studio": {"python": {"interpreter": "bin/python3"}}}"#;
    let found = project.environment(configured).interpreter().await.unwrap();
    assert_eq!(found, interpreter("/x/python3", (3, 12, 1), "config"));
}

#[tokio::test]
async fn without_a_fitting_python_every_candidate_is_named() {
    let project = Project::new();
    let bin = project.root.path().join("bin");
    project.claim("python3", "cpython", "3, 9, 18");
    project.claim("python3.13", "pypy", "3, 13, 0");
    project.program("python3.12", "exit 127");
    project.program("python", "echo hello");
    let failure = project.environment("{}").interpreter().await.unwrap_err();
    let bin = bin.display();
    assert_eq!(
        failure.to_string(),
        format!(
            "no CPython 3.10 or newer was found\n  skipped: {bin}/python3 is CPython 3.9.18\n  skipped: {bin}/python3.13 is pypy, not \
             CPython\n  skipped: {bin}/python3.12 exited with status 127\n  skipped: {bin}/python does not answer like a Python\nhint: \
             install Python, or name one in mcp_config.json: \"studio\": {{\"python\": {{\"interpreter\": PATH}}}}"
        )
    );
    let configured = project.environment(r#"{"studio": {"python": {"interpreter": "python7"}}}"#);
    assert_eq!(
        configured.interpreter().await.unwrap_err().to_string(),
        "the configured interpreter cannot be used: python7 is no program\nhint: correct \"studio\": {\"python\": {\"interpreter\": \
         ...}} in mcp_config.json, or leave it out"
    );
}

/// Writes wheels named like the real packages, with nothing in them but what is looked for.
const WHEELS: &str = "import sys, zipfile
def wheel(name, version, files):
    info = f'{name}-{version}.dist-info/'
    files[info + 'METADATA'] = f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n'
    files[info + 'WHEEL'] = 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'
    files[info + 'RECORD'] = ''.join(f'{path},,\\n' for path in [*files, info + 'RECORD'])
    with zipfile.ZipFile(f'{sys.argv[1]}/{name}-{version}-py3-none-any.whl', 'w') as archive:
        for path, text in files.items():
            archive.writestr(path, text)
wheel('pydantic', '2.9', {'pydantic/__init__.py': ''})
wheel('uv', '0.9', {'uv.py': 'def main(): pass\\n', 'uv-0.9.dist-info/entry_points.txt': '[console_scripts]\\nuvx = uv:main\\n'})
";

/// A project whose installers find packages in a folder of its own and nowhere else.
fn offline_project() -> (Project, PathBuf) {
    let mut project = Project::new();
    let (real, _) = real_python();
    let wheels = project.at("wheels");
    std::fs::create_dir(&wheels).unwrap();
    project.program("python3", &format!("exec {} \"$@\"", real.display()));
    project.variables.insert("PIP_NO_INDEX".into(), "1".into());
    project.variables.insert("PIP_FIND_LINKS".into(), wheels.clone().into());
    (project, wheels)
}

fn write_wheels(folder: &Path) {
    let (real, _) = real_python();
    assert!(Command::new(real).args(["-I", "-c", WHEELS]).arg(folder).status().unwrap().success());
}

#[tokio::test]
async fn the_environment_is_made_once_whoever_asks_and_only_when_whole_is_it_there() {
    let (project, wheels) = offline_project();
    let attempts = project.at("attempts");
    project.program("uv", &format!("echo one >> {}; echo 'uv is offline' >&2; exit 2", attempts.display()));
    let environment = project.environment("{}");
    assert_eq!((environment.state(), environment.existing()), (State::Absent, None));

    let (failure, same) = tokio::join!(environment.ready(), environment.ready());
    let failure = failure.unwrap_err();
    assert_eq!((same.unwrap_err(), std::fs::read_to_string(&attempts).unwrap().as_str()), (failure.clone(), "one\n"));
    let message = "cannot prepare workspace/.venv: pip exited with status 1 while installing pydantic and uv";
    assert_eq!((failure.message.as_str(), environment.state()), (message, State::Failed(failure.clone())));
    let notes: Vec<(&str, bool)> = failure
        .notes
        .iter()
        .map(|(label, text)| (label.as_str(), text.contains("uv is offline") || text.contains("pydantic")))
        .collect();
    assert_eq!(notes, [("pip", true), ("uv", true)]);
    assert!(!project.at("workspace/.venv").exists(), "nothing half made stays");

    write_wheels(&wheels);
    std::fs::create_dir_all(project.at("workspace/.venv/bin")).unwrap();
    std::fs::write(project.at("workspace/.venv.lock"), "being made\n").unwrap();
    assert_eq!(environment.existing(), None, "what another studio left half made is not taken");
    let other = project.environment("{}");
    let (one, two, three) = tokio::join!(environment.ready(), environment.ready(), other.ready());
    let (_, version) = real_python();
    let folder = project.at("workspace/.venv");
    let expected = Virtual {
        python: folder.join("bin/python"),
        site_packages: folder.join(format!("lib/python3.{}/site-packages", version.1)),
        folder,
    };
    assert_eq!([one, two, three], [0; 3].map(|_| Ok(expected.clone())));
    assert_eq!((environment.state(), environment.existing()), (State::Ready(expected.clone()), Some(expected)));
    assert_eq!(std::fs::read_to_string(project.at("workspace/.venv.lock")).unwrap(), "");
    let uvx = Command::new(project.at("workspace/.venv/bin/uvx")).status().unwrap();
    assert!(uvx.success(), "scripts of the environment name its final path");
}

#[tokio::test]
async fn an_environment_of_the_user_is_completed_and_never_removed() {
    let (project, wheels) = offline_project();
    write_wheels(&wheels);
    let folder = project.at("workspace/.venv");
    let (real, _) = real_python();
    assert!(Command::new(real).args(["-I", "-m", "venv"]).arg(&folder).status().unwrap().success());
    std::fs::write(folder.join("mine"), "").unwrap();
    let environment = project.environment("{}");
    assert_eq!(environment.existing(), None);
    environment.ready().await.unwrap();
    assert!(folder.join("mine").exists());
    let other = project.environment(r#"{"studio": {"python": {"interpreter": "python3"}}}"#);
    assert_eq!(other.existing(), None, "it was not made for the interpreter that is configured now");
    other.ready().await.unwrap();
    assert!(folder.join("mine").exists());
}
