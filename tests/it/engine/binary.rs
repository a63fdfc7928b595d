//! Scripts through the built program, as root and as an ordinary user.

use std::path::Path;

use serde_json::json;

use crate::support::{BINARY, Ended, Project, program};

/// An ordinary user of every system.
const NOBODY: &str = "65534";

#[test]
fn standard_input_is_read_from_the_named_file_by_each_script() {
    let project = Project::empty();
    project.write("mcp_config.json", "{}");
    project.write("input.txt", "one\ntwo\n");
    project.write("workspace/a.py", "print('a', input(), input())\n");
    project.write("workspace/b.py", "print('b', input(), input())\n");
    let ended = project.run(&["exec", "--stdin", "input.txt", "workspace/a.py", "workspace/b.py"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "a one two\nb one two\n"), "{}", ended.stderr);
    let refused = "[ERROR] cannot read standard input from none.txt: there is no such file\n";
    assert_eq!(project.run(&["exec", "--stdin", "none.txt", "workspace/a.py"]), Ended::new(2, "", refused));
}

/// Tries what the sandbox forbids, and what it allows.
const HOSTILE: &str = r"
import os, socket
def tried(work):
    try:
        work()
        return 'done'
    except OSError as error:
        return type(error).__name__
output = os.path.join(os.path.dirname(__file__), 'output')
print('socket', tried(socket.socket))
print('config', tried(lambda: open(os.path.dirname(os.path.dirname(__file__)) + '/mcp_config.json')))
print('wrapper', tried(lambda: open(os.path.dirname(__file__) + '/evil.py', 'w')))
print('signal', tried(lambda: os.kill(os.getppid(), 0)))
print('output', tried(lambda: open(output + '/a', 'w')))
print('scratch', tried(lambda: open(os.environ['TMPDIR'] + '/a', 'w')))
print('user', os.getuid())
";

#[test]
fn a_script_is_confined_alike_for_root_and_for_an_ordinary_user() {
    let project = Project::empty();
    let config = json!({"studio": {"python": {"interpreter": "/usr/bin/python3"}}});
    project.write("mcp_config.json", &config.to_string());
    project.write("workspace/a.py", HOSTILE);
    let expected = |user: &str| {
        format!(
            "socket PermissionError\nconfig PermissionError\nwrapper PermissionError\nsignal PermissionError\n\
             output done\nscratch done\nuser {user}\n"
        )
    };
    let us = rustix::process::getuid();
    let ended = project.run(&["exec", "workspace/a.py"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), expected(&us.as_raw().to_string())), "{}", ended.stderr);
    if !us.is_root() || !reachable(Path::new(BINARY)) {
        eprintln!("passed over: only root can become an ordinary user, and only where that user can reach the program");
        return;
    }
    let folder = project.folder();
    assert!(program("chown").arg("-R").arg(NOBODY).arg(&folder).status().unwrap().success());
    let as_nobody = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", BINARY];
    // The second of two scripts is forked from the warm interpreter.
    for (arguments, runs) in [(&["exec", "--cold", "workspace/a.py"][..], 1), (&["exec", "workspace/a.py", "workspace/a.py"], 2)]
    {
        let mut command = program("setpriv");
        command.args(as_nobody).args(arguments).current_dir(&folder).env("HOME", &folder);
        let ended = Ended::of(command.output().unwrap());
        assert_eq!((ended.code, ended.stdout), (Some(0), expected(NOBODY).repeat(runs)), "{arguments:?}: {}", ended.stderr);
    }
}

/// Whether others may pass through all folders above `path`.
fn reachable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let mut folders = path.ancestors().skip(1);
    folders.all(|folder| std::fs::metadata(folder).is_ok_and(|facts| facts.permissions().mode() & 0o001 != 0))
}
