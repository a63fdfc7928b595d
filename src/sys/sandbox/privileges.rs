//! What the user root could do beyond files: given up for good, so that a sandbox means the same for root.

use std::io;

/// The version of the structures below: two words of 32 capabilities.
const VERSION: u32 = 0x2008_0522;
/// Kept where it is there: `CHOWN`, `DAC_OVERRIDE`, `FOWNER`. Root may own a project of somebody else; Landlock says which files.
const KEPT: u32 = 0b1011;

#[repr(C)]
struct Header {
    version: u32,
    process: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Word {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Gives up capabilities, and that a program could give any back; for use between fork and exec.
#[expect(unsafe_code, reason = "rustix allocates here, which is forbidden after a fork")]
pub(super) fn give_up() -> io::Result<()> {
    rustix::thread::set_no_new_privs(true)?;
    let header = Header { version: VERSION, process: 0 };
    let mut words = [Word { effective: 0, permitted: 0, inheritable: 0 }; 2];
    // SAFETY: header and words have the kernel's layout and outlive the call.
    if unsafe { libc::syscall(libc::SYS_capget, &raw const header, words.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let kept = words[0].permitted & KEPT;
    let words = [Word { effective: kept, permitted: kept, inheritable: 0 }, Word { effective: 0, permitted: 0, inheritable: 0 }];
    // SAFETY: as above.
    match unsafe { libc::syscall(libc::SYS_capset, &raw const header, words.as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
