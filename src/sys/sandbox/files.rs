//! Landlock: which files a process may open, and that it signals nobody outside.
//!
//! Landlock decides at open, rename and unlink. It does not hide that a file exists, and it leaves modes, owners and times of
//! files alone; `system_calls` takes care of those.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, Scope, make_bitflags, path_beneath_rules,
};

use super::Policy;

/// The newest interface asked for; an older kernel gives what it has.
const NEWEST: ABI = ABI::V9;
/// What any program needs to run. No `/proc` of processes, no `/etc` as a whole, nothing below a home.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki/ca-trust/extracted",
    "/etc/pki/tls/certs",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/uptime",
    "/proc/version",
    "/sys/devices/system/cpu",
];
/// Devices that may be written to.
const DEVICES: &[&str] = &["/dev/null", "/dev/full"];
/// Where `multiprocessing` keeps its locks. Shared with other programs of the user, unless there is a namespace.
const SHARED_MEMORY: &str = "/dev/shm";

const SYSCALL_CREATE_RULESET: libc::c_long = 444;
const SYSCALL_ADD_RULE: libc::c_long = 445;
const SYSCALL_RESTRICT_SELF: libc::c_long = 446;
const CREATE_RULESET_VERSION: libc::c_int = 1;
const RULE_PATH_BENEATH: libc::c_int = 1;
/// Interface that first closes signals and abstract sockets.
const SCOPE_ABI: i64 = 6;

/// The kernel's Landlock interface; 0 if it has none.
#[expect(unsafe_code, reason = "rustix has no Landlock calls")]
pub(super) fn abi() -> i64 {
    // SAFETY: asks for the version; nothing is read or written.
    unsafe { libc::syscall(SYSCALL_CREATE_RULESET, std::ptr::null::<u8>(), 0_usize, CREATE_RULESET_VERSION) }.max(0)
}

/// The rules of `policy`. With `private_memory`, shared memory is allowed later, in the namespace that has its own.
pub(super) fn ruleset(policy: &Policy, private_memory: bool) -> Result<OwnedFd, String> {
    let descriptor = build(policy, private_memory).map_err(|error| error.to_string())?;
    descriptor.ok_or_else(|| "the kernel has no Landlock".to_owned())
}

fn build(policy: &Policy, private_memory: bool) -> Result<Option<OwnedFd>, RulesetError> {
    let mut readable: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    readable.extend(policy.read.iter().flat_map(|root| visible(root, &policy.hidden)));
    let shared_memory = (!private_memory).then_some(SHARED_MEMORY);
    let devices = make_bitflags!(AccessFs::{ReadFile | WriteFile | Truncate});
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(readable, AccessFs::from_read(NEWEST)))?
        .add_rules(path_beneath_rules(&policy.read, AccessFs::ReadDir))?
        .add_rules(path_beneath_rules(&policy.write, writing()))?
        .add_rules(path_beneath_rules(DEVICES, devices))?
        .add_rules(path_beneath_rules(shared_memory, sharing()))?;
    Ok(rules.into())
}

fn writing() -> BitFlags<AccessFs> {
    AccessFs::from_read(NEWEST)
        | make_bitflags!(AccessFs::{
            WriteFile | RemoveDir | RemoveFile | MakeDir | MakeReg | MakeFifo | MakeSym | Refer | Truncate
        })
}

fn sharing() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{ReadFile | WriteFile | MakeReg | RemoveFile | Truncate})
}

/// The parts of `root` that hold none of `hidden`: rules can only open, never close what a wider rule has opened.
fn visible(root: &Path, hidden: &[PathBuf]) -> Vec<PathBuf> {
    if hidden.iter().any(|hidden| root.starts_with(hidden)) {
        return Vec::new();
    }
    if !hidden.iter().any(|hidden| hidden.starts_with(root)) {
        return vec![root.to_owned()];
    }
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let real = entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()));
    real.flat_map(|entry| visible(&entry.path(), hidden)).collect()
}

/// Confines the calling process; for use between fork and exec.
#[expect(unsafe_code, reason = "the crate's own call allocates, which is forbidden after a fork")]
pub(super) fn restrict(ruleset: &OwnedFd) -> io::Result<()> {
    // SAFETY: passes plain numbers.
    match unsafe { libc::syscall(SYSCALL_RESTRICT_SELF, ruleset.as_raw_fd(), 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// As the kernel lays it out.
#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    parent: RawFd,
}

/// Opens the shared memory that the calling process sees now; for use between fork and exec.
#[expect(unsafe_code, reason = "the crate's own call allocates, which is forbidden after a fork")]
pub(super) fn allow_shared_memory(ruleset: &OwnedFd) -> io::Result<()> {
    let folder =
        rustix::fs::open(SHARED_MEMORY, rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC, rustix::fs::Mode::empty())?;
    let mut allowed = sharing();
    if abi() < 3 {
        allowed.remove(AccessFs::Truncate);
    }
    let rule = PathBeneath { allowed: allowed.bits(), parent: folder.as_raw_fd() };
    // SAFETY: the rule has the kernel's layout and outlives the call.
    match unsafe { libc::syscall(SYSCALL_ADD_RULE, ruleset.as_raw_fd(), RULE_PATH_BENEATH, &raw const rule, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A `landlock_ruleset_attr` that handles no files and no ports, and closes both scopes.
pub(super) fn scope() -> Vec<u8> {
    if abi() < SCOPE_ABI {
        return Vec::new();
    }
    let scoped = Scope::from_all(NEWEST).bits();
    [0_u64, 0, scoped].iter().flat_map(|field| field.to_ne_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_left_out_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["a", "b/c", "b/secret", "state"] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        std::fs::write(root.join("script.py"), "").unwrap();
        std::os::unix::fs::symlink("/etc", root.join("link")).unwrap();
        let hidden = [root.join("state"), root.join("b/secret")];
        let mut found = visible(root, &hidden);
        found.sort();
        assert_eq!(found, ["a", "b/c", "script.py"].map(|name| root.join(name)));
        assert_eq!(visible(&root.join("state"), &hidden), Vec::<PathBuf>::new());
        assert_eq!(visible(&root.join("a"), &hidden), [root.join("a")]);
    }
}
