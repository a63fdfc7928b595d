//! seccomp: system calls that a script has no business with. Landlock alone leaves UDP, Unix sockets at paths, limits of other
//! processes, and modes of files open.
//!
//! A refused call answers EPERM. Some answer that they have worked although they have not: a script that sets a mode or a time goes on.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};

// Calls that the libc crate does not know on each architecture. Numbers since 424 are the same on all.
const FCHMODAT2: libc::c_long = 452;
const SETXATTRAT: libc::c_long = 463;
const REMOVEXATTRAT: libc::c_long = 466;
const OPEN_TREE_ATTR: libc::c_long = 467;
const FILE_SETATTR: libc::c_long = 469;

/// Network, kernel, other processes, namespaces, keys, and ways around a filter.
const REFUSED: &[libc::c_long] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_open_by_handle_at,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    SETXATTRAT,
    REMOVEXATTRAT,
    FILE_SETATTR,
    OPEN_TREE_ATTR,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_fanotify_init,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
];

/// Modes, owners and times of files: Landlock does not confine these, and refusing them breaks copying and unpacking.
const WITHOUT_EFFECT: &[libc::c_long] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
];

/// Flags of `clone` that make namespaces.
const NAMESPACE_FLAGS: &[libc::c_int] = &[
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];
/// Kinds of socket pairs that could be sent elsewhere. Streams and sequenced packets have no one but their peer.
const SOCKET_PAIRS: &[libc::c_int] = &[libc::SOCK_DGRAM, libc::SOCK_RAW];
/// The part of a socket's type that is its kind.
const SOCKET_KIND: u64 = 0xf;
/// Requests of `ioctl` that type into somebody's terminal or take it, and that change a file which is only open for reading.
const REQUESTS: &[u32] = &[
    0x5412,      // TIOCSTI
    0x541c,      // TIOCLINUX
    0x540e,      // TIOCSCTTY
    0x4008_6602, // FS_IOC_SETFLAGS
    0x4004_6602, // FS_IOC32_SETFLAGS
    0x401c_5820, // FS_IOC_FSSETXATTR
    0x4080_6685, // FS_IOC_ENABLE_VERITY
];

/// The number of the resource that carries a [`Mark`](crate::sys::process::Mark); its type differs between C libraries.
const RLIMIT_LOCKS: u64 = 10;

/// Calls that change how another process is scheduled, and which argument names it; 0 is the caller.
const OTHERS: &[(libc::c_long, u8)] = &[
    (libc::SYS_sched_setaffinity, 0),
    (libc::SYS_sched_setattr, 0),
    (libc::SYS_sched_setparam, 0),
    (libc::SYS_sched_setscheduler, 0),
    (libc::SYS_setpriority, 1),
    (libc::SYS_ioprio_set, 1),
];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Whether this kernel has filters.
#[expect(unsafe_code, reason = "rustix has no such call")]
pub(super) fn available() -> bool {
    // SAFETY: asks for the mode of this thread.
    unsafe { libc::prctl(libc::PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 }
}

/// The filters of a process that runs a script.
pub(super) fn for_script() -> Result<Vec<BpfProgram>, BackendError> {
    let mut filters = for_fork_server()?;
    filters.push(seal()?);
    Ok(filters)
}

/// The filters of a process that forks such processes, which apply the [`seal`] themselves.
pub(super) fn for_fork_server() -> Result<Vec<BpfProgram>, BackendError> {
    let mut absent = Rules::from([(libc::SYS_clone3, Vec::new())]);
    if super::files::abi() < 3 {
        absent.insert(libc::SYS_truncate, Vec::new());
    }
    let without_effect = WITHOUT_EFFECT.iter().map(|call| (*call, Vec::new())).collect();
    let mut filters = vec![compile(refused()?, libc::EPERM)?, compile(absent, libc::ENOSYS)?, compile(without_effect, 0)?];
    if cfg!(target_arch = "x86_64") {
        filters.push(no_second_numbering());
    }
    Ok(filters)
}

/// Session, group and mark stay as they are, although the calls say that they have changed.
pub(super) fn seal() -> Result<BpfProgram, BackendError> {
    let rules = Rules::from([
        (libc::SYS_setsid, Vec::new()),
        (libc::SYS_setpgid, Vec::new()),
        (libc::SYS_setrlimit, vec![rule(&[(0, SeccompCmpOp::Eq, RLIMIT_LOCKS)])?]),
        (libc::SYS_prlimit64, vec![rule(&[(1, SeccompCmpOp::Eq, RLIMIT_LOCKS), (2, SeccompCmpOp::Ne, 0)])?]),
    ]);
    compile(rules, 0)
}

/// The instructions as the kernel reads them.
pub(super) fn bytes(program: &[sock_filter]) -> Vec<u8> {
    let instruction = |one: &sock_filter| {
        let [first, second] = one.code.to_ne_bytes();
        let [a, b, c, d] = one.k.to_ne_bytes();
        [first, second, one.jt, one.jf, a, b, c, d]
    };
    program.iter().flat_map(instruction).collect()
}

/// Confines the calling process; for use between fork and exec.
pub(super) fn install(filter: &BpfProgram) -> io::Result<()> {
    seccompiler::apply_filter(filter).map_err(|_| io::Error::last_os_error())
}

/// What is refused, whatever its arguments or because of them.
fn refused() -> Result<Rules, BackendError> {
    let mut rules: Rules = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let masked = |argument, mask, value| rule(&[(argument, SeccompCmpOp::MaskedEq(mask), value)]);
    let namespaces =
        NAMESPACE_FLAGS.iter().map(|flag| masked(0, u64::from(flag.cast_unsigned()), u64::from(flag.cast_unsigned())));
    rules.insert(libc::SYS_clone, namespaces.collect::<Result<_, _>>()?);
    let pairs = SOCKET_PAIRS.iter().map(|kind| masked(1, SOCKET_KIND, u64::from(kind.cast_unsigned())));
    let foreign = rule(&[(0, SeccompCmpOp::Ne, u64::from(libc::AF_UNIX.cast_unsigned()))]);
    rules.insert(libc::SYS_socketpair, pairs.chain([foreign]).collect::<Result<_, _>>()?);
    let requests = REQUESTS.iter().map(|request| rule(&[(1, SeccompCmpOp::Eq, u64::from(*request))]));
    rules.insert(libc::SYS_ioctl, requests.collect::<Result<_, _>>()?);
    for (call, process) in OTHERS {
        rules.insert(*call, vec![rule(&[(*process, SeccompCmpOp::Ne, 0)])?]);
    }
    rules.insert(libc::SYS_prlimit64, vec![rule(&[(0, SeccompCmpOp::Ne, 0), (2, SeccompCmpOp::Ne, 0)])?]);
    Ok(rules)
}

/// A rule that applies where all `conditions` (argument, comparison, value) hold. Values up to 32 bits are compared as the kernel
/// reads them: it ignores the upper half of such an argument.
fn rule(conditions: &[(u8, SeccompCmpOp, u64)]) -> Result<SeccompRule, BackendError> {
    let condition = |(argument, comparison, value): &(u8, SeccompCmpOp, u64)| {
        let pointer = *argument == 2;
        let length = if pointer { SeccompCmpArgLen::Qword } else { SeccompCmpArgLen::Dword };
        SeccompCondition::new(*argument, length, comparison.clone(), *value)
    };
    SeccompRule::new(conditions.iter().map(condition).collect::<Result<_, _>>()?)
}

fn compile(rules: Rules, error: libc::c_int) -> Result<BpfProgram, BackendError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let answer = SeccompAction::Errno(error.cast_unsigned());
    SeccompFilter::new(rules, SeccompAction::Allow, answer, architecture)?.try_into()
}

/// x86-64 kernels may know every call by a second number (x32), which would go around all other filters.
fn no_second_numbering() -> BpfProgram {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    const SECOND_NUMBERING: u32 = 0x4000_0000;
    let instruction = |code, jt, k| sock_filter { code, jt, jf: 0, k };
    vec![
        instruction(LOAD_WORD, 0, 0),
        instruction(JUMP_IF_AT_LEAST, 1, SECOND_NUMBERING),
        instruction(RETURN, 0, SeccompAction::Allow.into()),
        instruction(RETURN, 0, SeccompAction::Errno(libc::ENOSYS.cast_unsigned()).into()),
    ]
}
