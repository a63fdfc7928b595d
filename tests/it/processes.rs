//! Tests of process trees: real processes, whatever they do to get away.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_studio::sys::process::{Exit, Launch, Stdio, Tree};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const GRACE: Duration = Duration::from_secs(10);

pub(crate) fn launch(program: &str, arguments: &[&str]) -> Launch {
    Launch {
        program: PathBuf::from(program),
        arguments: arguments.iter().map(OsString::from).collect(),
        environment: BTreeMap::from([("PATH".into(), "/usr/bin:/bin".into())]),
        folder: PathBuf::from("/"),
        stdio: [Stdio::Null, Stdio::Pipe, Stdio::Pipe],
        descriptors: Vec::new(),
        sandbox: None,
    }
}

pub(crate) fn shell(script: &str) -> Launch {
    launch("/bin/sh", &["-c", script])
}

async fn output(mut tree: Tree) -> (String, Exit) {
    let mut text = String::new();
    tree.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();
    (text, tree.wait().await)
}

/// The process numbers that a child wrote on a line.
pub(crate) async fn numbers(tree: &mut Tree, count: usize) -> Vec<u32> {
    let pipe = tree.stdout.as_mut().unwrap();
    let mut text = String::new();
    while text.split_ascii_whitespace().count() < count || !text.ends_with('\n') {
        text.push(char::from(pipe.read_u8().await.unwrap()));
    }
    text.split_ascii_whitespace().map(|number| number.parse().unwrap()).collect()
}

/// Whether a process exists and is no zombie.
pub(crate) fn lives(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(GRACE, wait).await.expect("the condition comes true");
}

#[tokio::test]
async fn a_child_gets_exactly_what_the_launch_says() {
    let mut given = shell("echo \"$A|$HOME|$(pwd)|$0\"; cat; exit 3");
    given.environment.insert("A".into(), "1 2".into());
    given.folder = PathBuf::from("/usr");
    given.stdio[0] = Stdio::Pipe;
    let mut tree = Tree::start(given).unwrap();
    tree.stdin.take().unwrap().write_all(b"in\n").await.unwrap();
    assert_eq!(output(tree).await, ("1 2||/usr|/bin/sh\nin\n".to_owned(), Exit::Code(3)));
    let tree = Tree::start(launch("/usr/bin/env", &[])).unwrap();
    assert_eq!(output(tree).await.0, "PATH=/usr/bin:/bin\n");
}

#[tokio::test]
async fn a_child_has_no_descriptors_but_those_named() {
    let careless = std::fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&careless, rustix::io::FdFlags::empty()).unwrap();
    let (mut ours, theirs) = mcp_studio::sys::channel::pair().unwrap();
    let (_other, swapped) = mcp_studio::sys::channel::pair().unwrap();
    let mut given = shell("ls /proc/$$/fd; echo over >&5");
    given.descriptors = vec![(theirs, 5), (swapped, 3)];
    let (text, exit) = output(Tree::start(given).unwrap()).await;
    assert_eq!((text.as_str(), exit), ("0\n1\n2\n3\n5\n", Exit::Code(0)));
    let mut received = [0; 5];
    ours.read_exact(&mut received).await.unwrap();
    assert_eq!(&received, b"over\n");
}

#[tokio::test]
async fn waiting_works_many_times_and_at_once_and_signals_reach_the_group() {
    let mut tree = Tree::start(shell("sleep 1000 & echo $!; wait")).unwrap();
    let sleeper = numbers(&mut tree, 1).await[0];
    tree.signal(libc::SIGINT);
    let (first, second) = tokio::join!(tree.wait(), tree.wait());
    assert_eq!((first, second, tree.wait().await), (Exit::Signal(2), Exit::Signal(2), Exit::Signal(2)));
    tree.end(Duration::ZERO).await;
    assert!(!lives(sleeper));
}

/// Not a test: what the test below runs where interrupts are ignored.
#[tokio::test]
#[ignore = "stands for a core in another test"]
async fn interrupting_stand_in() {
    let tree = Tree::start(launch("/bin/sleep", &["1000"])).unwrap();
    tree.signal(libc::SIGINT);
    assert_eq!(tree.wait().await, Exit::Signal(libc::SIGINT));
}

#[test]
fn a_child_can_be_interrupted_although_we_run_in_the_background_of_a_shell() {
    alone("trap '' INT", "interrupting_stand_in");
}

/// Runs one of the tests that are not for everybody in a process of its own, after a shell has done `first`.
fn alone(first: &str, stand_in: &str) {
    let script = format!("{first}; exec \"$0\" --ignored --exact processes::{stand_in}");
    let mut command = std::process::Command::new("timeout");
    let output = command.args(["20", "/bin/sh", "-c", &script]).arg(std::env::current_exe().unwrap()).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}");
}

#[tokio::test]
async fn descriptors_travel_over_a_channel() {
    let script = "import os, socket
channel = socket.socket(fileno=3)
message, descriptors, _, _ = socket.recv_fds(channel, 5, 8)
rest = b''
while len(rest) < 1_000_000:
    rest += channel.recv(65536)
for number, descriptor in enumerate(descriptors):
    os.write(descriptor, b'%d %s' % (number, message))
";
    let (ours, theirs) = mcp_studio::sys::channel::pair().unwrap();
    let mut given = launch("/usr/bin/python3", &["-I", "-S", "-c", script]);
    given.descriptors = vec![(theirs, 3)];
    let tree = Tree::start(given).unwrap();
    let (first, first_end) = std::io::pipe().unwrap();
    let (second, second_end) = std::io::pipe().unwrap();
    let message = [b"hello".to_vec(), vec![0; 1_000_000]].concat();
    let descriptors = [first_end.as_fd(), second_end.as_fd()];
    mcp_studio::sys::channel::send_with_descriptors(&ours, &message, &descriptors).await.unwrap();
    drop((first_end, second_end));
    assert_eq!(tree.wait().await, Exit::Code(0));
    let received = [first, second].map(|pipe| std::io::read_to_string(pipe).unwrap());
    assert_eq!(received, ["0 hello", "1 hello"]);
    let refused = mcp_studio::sys::channel::send_with_descriptors(&ours, b"", &[]).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}

/// A daemon as thorough as they come: own session, parents gone, environment cleared, deaf to SIGTERM.
pub(crate) const DAEMON: &str = "import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, '-I', '-S', '-c',
            'import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(1000)'], {})
    os._exit(0)
";

#[tokio::test]
async fn a_daemon_that_left_session_parents_and_environment_is_ended() {
    let mut tree = Tree::start(launch("/usr/bin/python3", &["-I", "-S", "-c", DAEMON])).unwrap();
    let daemon = numbers(&mut tree, 1).await[0];
    assert_eq!(tree.wait().await, Exit::Code(0));
    assert!(lives(daemon), "the leader has ended, the daemon has not");
    assert_eq!(tree.end(Duration::from_millis(20)).await, Exit::Code(0));
    assert!(!lives(daemon));
}

#[tokio::test]
async fn dropping_a_tree_kills_all_of_it() {
    let mut tree = Tree::start(launch("/usr/bin/python3", &["-I", "-S", "-c", DAEMON])).unwrap();
    let daemon = numbers(&mut tree, 1).await[0];
    let mut other = Tree::start(shell("sleep 1000 & echo $$ $!; wait")).unwrap();
    let stays = numbers(&mut other, 2).await;
    drop(tree);
    until(|| !lives(daemon)).await;
    assert!(stays.iter().all(|id| lives(*id)), "another tree is left alone");
    drop(other);
    until(|| !stays.iter().any(|id| lives(*id))).await;
}

#[tokio::test]
async fn a_tree_that_ends_when_asked_is_given_the_time() {
    let mut tree = Tree::start(shell("trap 'echo bye; exit 7' TERM; echo 1; while :; do sleep 0.01; done")).unwrap();
    numbers(&mut tree, 1).await;
    assert_eq!(tree.end(GRACE).await, Exit::Code(7));
    assert_eq!(output(tree).await.0, "bye\n");
}

#[tokio::test]
async fn a_part_of_a_tree_ends_alone() {
    let part = "import os, resource, sys, time
for number in sys.argv[1:]:
    if os.fork() == 0:
        resource.setrlimit(10, (int(number), resource.getrlimit(10)[1]))
        os.setsid()
        print(os.getpid(), flush=True)
        time.sleep(1000)
time.sleep(1000)
";
    // The numbers go over stdin of the real fork server; here a first tree lends its mark to make them.
    let lender = Tree::start(shell("true")).unwrap();
    let (one, two) = (lender.mark().part(), lender.mark().part());
    let arguments = ["-I", "-S", "-c", part, &one.limit().to_string(), &two.limit().to_string()];
    let mut tree = Tree::start(launch("/usr/bin/python3", &arguments)).unwrap();
    let ids = numbers(&mut tree, 2).await;
    one.end(Duration::ZERO).await;
    until(|| ids.iter().filter(|id| lives(**id)).count() == 1).await;
    assert!(lives(tree.id()));
    lender.end(Duration::ZERO).await;
    assert!(!ids.iter().any(|id| lives(*id)), "the end of a tree is the end of its parts");
    assert!(lives(tree.id()));
}

#[tokio::test]
async fn a_program_that_cannot_start_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    std::fs::write(at("plain"), "#!/bin/sh\n").unwrap();
    std::fs::write(at("orphan"), "#!/no/such/python\n").unwrap();
    std::fs::set_permissions(at("orphan"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for (name, told) in [
        ("none", "there is no such program\nhint: install it, or give its full path".to_owned()),
        ("plain", format!("it may not be executed\nhint: make it executable: chmod +x {}", at("plain"))),
        (
            "orphan",
            "the interpreter that its first line names does not exist\nhint: correct the line that begins with #!, or install that \
             interpreter"
                .to_owned(),
        ),
        ("", "it is a folder\nhint: name the program itself".to_owned()),
    ] {
        let failure = Tree::start(launch(&at(name), &[])).unwrap_err();
        assert_eq!(failure.to_string(), format!("cannot start {}: {told}", at(name)));
    }
    let mut nowhere = shell("true");
    nowhere.folder = Path::new("/no/such/folder").to_owned();
    assert_eq!(
        Tree::start(nowhere).unwrap_err().to_string(),
        "cannot start /bin/sh: its working folder /no/such/folder does not exist\nhint: create the folder or correct \"cwd\""
    );
}

#[tokio::test]
async fn a_fork_bomb_is_ended() {
    let bomb = "import os
for _ in range(5):
    os.fork()
print(os.getpid(), flush=True)
while True:
    try:
        if os.fork(): os.wait()
    except OSError: pass
";
    let mut given = launch("/usr/bin/python3", &["-I", "-S", "-c", bomb]);
    given.stdio[2] = Stdio::Null;
    let mut tree = Tree::start(given).unwrap();
    let ids = numbers(&mut tree, 32).await;
    tree.end(Duration::ZERO).await;
    assert!(!ids.iter().any(|id| lives(*id)));
}

#[test]
fn neither_descriptors_nor_dead_processes_pile_up() {
    alone("true", "counting_stand_in");
}

/// Not a test: what the test above runs where nobody else opens descriptors.
#[tokio::test]
#[ignore = "must be alone in its process"]
async fn counting_stand_in() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let mut ids = Vec::new();
    Tree::start(launch("/bin/true", &[])).unwrap().wait().await;
    let before = open();
    for _ in 0..50 {
        let tree = Tree::start(launch("/bin/true", &[])).unwrap();
        ids.push(tree.id());
        tree.wait().await;
    }
    let ours = format!(" {} ", std::process::id());
    let remains = |id: &u32| std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| stat.contains(&ours));
    until(|| open() <= before && !ids.iter().any(remains)).await;
}
