//! Tests of the sandbox: a real Python tries what it must not, and does what it may.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_studio::sys::process::{Exit, Launch, Stdio, Tree, find_program};
use mcp_studio::sys::sandbox::{Level, Policy, Prepared, Role, prepare, probe, seal};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

/// A project with something to protect. It lies below a folder that others may enter, for the test that runs as nobody.
struct Project {
    root: tempfile::TempDir,
    python: PathBuf,
    prefix: PathBuf,
}

impl Project {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["workspace/output", ".mcp-studio", "home/.ssh", "scratch"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for file in ["mcp_config.json", ".mcp-studio/journal", "home/.ssh/id", "workspace/script.py"] {
            std::fs::write(root.path().join(file), "secret").unwrap();
        }
        let python = find_program("python3", "/usr/bin:/usr/local/bin".as_ref()).unwrap().canonicalize().unwrap();
        let prefix = python.parent().unwrap().parent().unwrap().to_owned();
        Self { root, python, prefix }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(path)
    }

    fn policy(&self) -> Policy {
        Policy {
            read: vec![self.prefix.clone(), self.at("workspace")],
            hidden: vec![self.at("mcp_config.json"), self.at(".mcp-studio")],
            write: vec![self.at("workspace/output"), self.at("scratch")],
            ..Policy::default()
        }
    }

    fn launch(&self, script: &str, sandbox: Prepared) -> Launch {
        let mut environment = BTreeMap::from([("PATH".into(), "/usr/bin:/bin".into())]);
        environment.insert("ROOT".into(), self.at("").into());
        environment.insert("TMPDIR".into(), self.at("scratch").into());
        environment.insert("CORE".into(), std::process::id().to_string().into());
        Launch {
            program: self.python.clone(),
            arguments: ["-I", "-B", "-c", script].map(Into::into).to_vec(),
            environment,
            folder: self.at("workspace"),
            stdio: [Stdio::Null, Stdio::Pipe, Stdio::Pipe],
            descriptors: Vec::new(),
            sandbox: Some(sandbox),
        }
    }

    /// What a script prints as JSON under a sandbox.
    async fn run(&self, script: &str, policy: &Policy, level: Level) -> Value {
        answer(Tree::start(self.launch(script, prepare(policy, level).unwrap())).unwrap()).await
    }
}

async fn answer(mut tree: Tree) -> Value {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let (mut out, mut err) = (tree.stdout.take().unwrap(), tree.stderr.take().unwrap());
    let (one, two) = tokio::join!(out.read_to_string(&mut stdout), err.read_to_string(&mut stderr));
    one.and(two).unwrap();
    assert_eq!(tree.wait().await, Exit::Code(0), "{stdout}\n{stderr}");
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}\n{stderr}"))
}

/// Each attempt answers `done` or the name of its exception.
const ATTEMPTS: &str = r"
import json, os, signal, socket, ctypes, fcntl, resource
root = os.environ['ROOT']
core = int(os.environ['CORE'])
libc = ctypes.CDLL(None, use_errno=True)
def attempt(action):
    try:
        action()
        return 'done'
    except BaseException as error:
        return type(error).__name__
def raw(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), '')
def write(path):
    with open(os.path.join(root, path), 'w') as file:
        file.write('x')
def read(path):
    with open(os.path.join(root, path)) as file:
        file.read()
results = {name: attempt(action) for name, action in {
    'tcp': lambda: socket.socket(socket.AF_INET),
    'udp': lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    'unix': lambda: socket.socket(socket.AF_UNIX),
    'raw socket': lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    'netlink': lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    'pair of streams': lambda: socket.socketpair(),
    'pair of datagrams': lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    'resolve': lambda: socket.getaddrinfo('example.org', 80),
    'io_uring': lambda: raw(425, 1, 0),
    'second numbering': lambda: raw(0x40000000 + 41, 2, 1, 0),
    'unshare': lambda: raw(272, 0x10000000),
    'ptrace': lambda: raw(101, 16, core, 0, 0),
    'write output': lambda: write('workspace/output/a'),
    'write scratch': lambda: write('scratch/a'),
    'write script': lambda: write('workspace/script.py'),
    'write new': lambda: write('workspace/new.py'),
    'write home': lambda: write('home/.bashrc'),
    'write tmp': lambda: open('/tmp/mcp-studio-escape', 'w'),
    'truncate': lambda: os.truncate(os.path.join(root, 'workspace/script.py'), 0),
    'remove': lambda: os.unlink(os.path.join(root, 'workspace/script.py')),
    'rename in': lambda: os.rename(os.path.join(root, 'workspace/script.py'), os.path.join(root, 'workspace/output/script.py')),
    'link': lambda: os.link(os.path.join(root, 'home/.ssh/id'), os.path.join(root, 'workspace/output/id')),
    'through a link': lambda: (os.symlink(os.path.join(root, 'home/.ssh/id'), os.path.join(root, 'scratch/l')), read('scratch/l')),
    'read script': lambda: read('workspace/script.py'),
    'read key': lambda: read('home/.ssh/id'),
    'read configuration': lambda: read('mcp_config.json'),
    'read journal': lambda: read('.mcp-studio/journal'),
    'list home': lambda: os.listdir(os.path.join(root, 'home')),
    'read shadow': lambda: open('/etc/shadow'),
    'read other process': lambda: open(f'/proc/{core}/cmdline'),
    'environment of core': lambda: open(f'/proc/{core}/environ'),
    'signal core': lambda: os.kill(core, 0),
    'limit core': lambda: resource.prlimit(core, resource.RLIMIT_NOFILE, (0, 0)),
    'slow core': lambda: os.setpriority(os.PRIO_PROCESS, core, 19),
    'type into terminal': lambda: fcntl.ioctl(0, 0x5412, b'x'),
    'mode': lambda: os.chmod(os.path.join(root, 'workspace/script.py'), 0o777),
    'modern mode': lambda: raw(452, -100, os.path.join(root, 'workspace/script.py').encode(), 0o777, 0),
    'attribute': lambda: os.setxattr(os.path.join(root, 'workspace/script.py'), 'user.a', b'x'),
    'modern attribute': lambda: raw(463, -100, os.path.join(root, 'workspace/script.py').encode(), 0, b'user.a', bytes(16), 16),
    'remove attribute': lambda: raw(466, -100, os.path.join(root, 'workspace/script.py').encode(), 0, b'user.a'),
    'flags of a file': lambda: fcntl.ioctl(open(os.path.join(root, 'workspace/script.py')), 0x40086602, bytes(8)),
    'more flags': lambda: fcntl.ioctl(open(os.path.join(root, 'workspace/script.py')), 0x401c5820, bytes(28)),
    'seal for ever': lambda: fcntl.ioctl(open(os.path.join(root, 'workspace/script.py')), 0x40806685, bytes(128)),
    'modern flags': lambda: raw(469, -100, os.path.join(root, 'workspace/script.py').encode(), bytes(24), 24, 0),
    'mount': lambda: raw(467, -100, b'/', 0, bytes(32), 32),
    'time': lambda: os.utime(os.path.join(root, 'workspace/script.py'), (0, 0)),
    'session': lambda: os.setsid(),
    'mark': lambda: resource.setrlimit(10, (0, 0)),
    'join a group': lambda: os.setgroups([1]),
}.items()}
results['same session'] = 'yes' if os.getsid(0) == os.getpid() else 'no'
results['limit on locks'] = 'kept' if resource.getrlimit(10)[0] > 0 else 'lost'
print(json.dumps(results))
";

/// What does not end in a `PermissionError`.
const ALLOWED: &[(&str, &str)] = &[
    ("pair of streams", "done"),
    ("link", "OSError"),
    ("resolve", "gaierror"),
    ("second numbering", "OSError"),
    ("write output", "done"),
    ("write scratch", "done"),
    ("read script", "done"),
    ("mode", "done"),
    ("modern mode", "done"),
    ("time", "done"),
    ("session", "done"),
    ("mark", "done"),
    ("same session", "yes"),
    ("limit on locks", "kept"),
];
const ATTEMPTED: usize = 51;

#[tokio::test]
async fn attempts_to_get_out_fail_at_every_level_offered() {
    let offer = probe();
    assert!(offer.level >= Level::Standard, "this test needs a sandbox: {offer:?}");
    for level in [Level::Standard, Level::Strict].into_iter().filter(|level| *level <= offer.level) {
        let project = Project::new();
        let found = project.run(ATTEMPTS, &project.policy(), level).await;
        let found: BTreeMap<String, String> = serde_json::from_value(found).unwrap();
        let not_refused: BTreeMap<&str, &str> =
            found.iter().filter(|(_, end)| *end != "PermissionError").map(|(what, end)| (what.as_str(), end.as_str())).collect();
        assert_eq!((not_refused, found.len()), (ALLOWED.iter().copied().collect(), ATTEMPTED), "{level:?}");
        let script = std::fs::metadata(project.at("workspace/script.py")).unwrap();
        assert!(script.mode() & 0o777 != 0o777 && script.mtime() != 0 && script.len() == 6, "it only seemed to have changed");
    }
}

#[tokio::test]
async fn a_workspace_that_is_the_project_still_hides_what_is_ours() {
    let project = Project::new();
    let policy = Policy { read: vec![project.prefix.clone(), project.at("")], ..project.policy() };
    let script = r"
import json, os
def attempt(path):
    try:
        open(os.path.join(os.environ['ROOT'], path)).close()
        return True
    except PermissionError:
        return False
print(json.dumps([attempt(path) for path in ['workspace/script.py', 'mcp_config.json', '.mcp-studio/journal']]))";
    assert_eq!(project.run(script, &policy, Level::Standard).await, json!([true, false, false]));
}

/// What scripts do in ordinary life.
const ORDINARY: &str = r"
import asyncio, json, multiprocessing, os, shutil, subprocess, sys, tempfile, threading
def square(number):
    return number * number
async def gather():
    process = await asyncio.create_subprocess_exec('/bin/echo', 'async', stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    return [out.decode(), *await asyncio.gather(*[asyncio.to_thread(square, n) for n in range(3)])]
context = multiprocessing.get_context('fork')
with context.Pool(2) as pool:
    pooled = pool.map(square, range(4))
queue = context.Queue()
child = context.Process(target=queue.put, args=('queued',))
child.start()
queued = queue.get()
child.join()
threads = []
thread = threading.Thread(target=threads.append, args=(1,))
thread.start(); thread.join()
with tempfile.NamedTemporaryFile('w+') as file:
    file.write('t'); file.seek(0)
    temporary = file.read()
source = os.path.join(os.environ['ROOT'], 'workspace/script.py')
copy = shutil.copy2(source, os.path.join(os.environ['ROOT'], 'workspace/output'))
ran = subprocess.run(['sh', '-c', 'echo $0 | tr a-z A-Z'], capture_output=True, text=True, start_new_session=True)
python = subprocess.run([sys.executable, '-I', '-c', 'print(6 * 7)'], capture_output=True, text=True)
print(json.dumps([asyncio.run(gather()), pooled, queued, threads, temporary, open(copy).read(), ran.stdout, python.stdout, os.cpu_count() > 0]))
";

#[tokio::test]
async fn ordinary_scripts_work_at_every_level_offered() {
    for level in [Level::Off, Level::Standard, Level::Strict].into_iter().filter(|level| *level <= probe().level) {
        let project = Project::new();
        let found = project.run(ORDINARY, &project.policy(), level).await;
        let expected = json!([["async\n", 0, 1, 4], [0, 1, 4, 9], "queued", [1], "t", "secret", "SH\n", "42\n", true]);
        assert_eq!(found, expected, "{level:?}");
    }
}

#[tokio::test]
async fn limits_hold() {
    let project = Project::new();
    let policy = Policy { memory_bytes: Some(512 << 20), open_files: Some(32), file_bytes: Some(1000), ..project.policy() };
    let script = r"
import json, os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def attempt(action):
    try:
        action()
        return 'done'
    except (MemoryError, OSError) as error:
        return type(error).__name__
def big():
    with open(os.environ['TMPDIR'] + '/big', 'wb') as file:
        file.write(b'x' * 2000)
print(json.dumps([attempt(lambda: bytearray(1 << 30)), attempt(big), attempt(lambda: [os.dup(1) for _ in range(40)])]))";
    assert_eq!(project.run(script, &policy, Level::Standard).await, json!(["MemoryError", "OSError", "OSError"]));
    assert_eq!(std::fs::metadata(project.at("scratch/big")).unwrap().len(), 1000);
}

/// As the Python side of a fork server does it: a child takes session and mark, then closes itself in.
const FORK_SERVER: &str = r"
import ctypes, json, os, resource, sys, time
filter, scope, mark = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3])
libc = ctypes.CDLL(None, use_errno=True)
class Program(ctypes.Structure):
    _fields_ = [('count', ctypes.c_ushort), ('instructions', ctypes.c_char_p)]
def check(answer):
    if answer < 0:
        raise OSError(ctypes.get_errno(), '')
    return answer
if os.fork() == 0:
    os.setsid()
    resource.setrlimit(10, (mark, resource.getrlimit(10)[1]))
    if scope:
        check(libc.syscall(446, check(libc.syscall(444, scope, ctypes.c_size_t(len(scope)), 0)), 0))
    check(libc.prctl(22, 2, ctypes.byref(Program(len(filter) // 8, filter)), 0, 0))
    os.setsid()
    resource.setrlimit(10, (0, 0))
    try:
        os.kill(os.getppid(), 0)
        signalled = True
    except PermissionError:
        signalled = False
    print(json.dumps([os.getsid(0) == os.getpid(), resource.getrlimit(10)[0] == mark, signalled]), flush=True)
    os.close(1)
    os.close(2)
    time.sleep(1000)
os.close(1)
os.close(2)
os.wait()
";

#[tokio::test]
async fn a_child_of_a_fork_server_cannot_leave_its_session_or_its_mark() {
    let project = Project::new();
    let policy = Policy { role: Role::ForkServer, ..project.policy() };
    let seal = seal(Level::Standard).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let lender = Tree::start(project.launch("print(0)", prepare(&policy, Level::Off).unwrap())).unwrap();
    let part = lender.mark().part();
    let mut launch = project.launch(FORK_SERVER, prepare(&policy, Level::Standard).unwrap());
    launch.arguments.extend([hex(&seal.filter).into(), hex(&seal.scope).into(), part.limit().to_string().into()]);
    let mut tree = Tree::start(launch).unwrap();
    let (mut stdout, mut stderr) = (String::new(), String::new());
    tree.stdout.as_mut().unwrap().read_to_string(&mut stdout).await.unwrap();
    tree.stderr.as_mut().unwrap().read_to_string(&mut stderr).await.unwrap();
    assert_eq!((stdout.as_str(), stderr.as_str()), ("[true, true, false]\n", ""));
    part.end(Duration::ZERO).await;
    assert_eq!(tree.wait().await, Exit::Code(0), "the child was found by its mark, and the server saw it end");
}

#[test]
fn nothing_is_prepared_for_a_folder_that_is_not_there() {
    let policy = Policy { write: vec![Path::new("/no/such/folder").to_owned()], ..Policy::default() };
    assert_eq!(
        prepare(&policy, Level::Standard).unwrap_err().to_string(),
        "cannot confine a script to /no/such/folder: there is no such folder"
    );
}

/// The other tests may run as root; the same must hold for an ordinary user.
#[test]
fn an_ordinary_user_is_confined_alike() {
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let copy = folder.path().join("tests");
    std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    for test in ["attempts_to_get_out_fail_at_every_level_offered", "ordinary_scripts_work_at_every_level_offered"] {
        let mut command = std::process::Command::new(&copy);
        command.args(["--exact", &format!("sandbox::{test}")]).env_clear().env("TMPDIR", folder.path()).current_dir("/");
        let output = command.uid(NOBODY).gid(NOBODY).output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
