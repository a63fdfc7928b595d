//! A Unix socket that only processes of the same user reach, at a place both sides can work out.
//!
//! One process listens at a place: it holds a lock that the system takes from it when it dies, so what a dead process left
//! behind is never mistaken for a living one. The folder is private, and both sides ask the system who the other is.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::files;
use crate::types::{Failure, text_hash};

const LOCK: &str = "lock";
const SOCKET: &str = "socket";
/// What the socket is called until it is listened on; no longer than its name, for an address has little room.
const UNHEARD: &str = "socke~";
/// The bits of a mode that let anybody else in.
const OTHERS: u32 = 0o077;

/// Where a process is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    folder: PathBuf,
    /// Used where `folder` is too long for the address of a socket, or on a file system without sockets.
    other: Option<PathBuf>,
}

/// A socket that is listened on. Dropping it takes it away.
#[derive(Debug)]
pub struct Listening {
    listener: UnixListener,
    socket: PathBuf,
    _lock: File,
}

impl Place {
    /// In `folder`, which nothing else uses. `runtime` is the user's `XDG_RUNTIME_DIR`.
    pub fn new(folder: &Path, runtime: Option<&Path>) -> Self {
        let name = text_hash(&folder.to_string_lossy());
        let other = runtime.filter(|runtime| runtime.is_absolute());
        Self { folder: folder.to_owned(), other: other.map(|runtime| runtime.join("mcp-studio").join(name)) }
    }

    /// Listens here. None: another process does. Must be called within a tokio runtime.
    pub fn listen(&self) -> Result<Option<Listening>, Failure> {
        make_private(&self.folder).map_err(|error| files::storage("make", &self.folder, &error))?;
        let Some(lock) = files::lock(&self.folder.join(LOCK))? else { return Ok(None) };
        let mut refused = None;
        for folder in self.folders() {
            match bind(folder) {
                Ok((listener, socket)) => return Ok(Some(Listening { listener, socket, _lock: lock })),
                Err(error) => refused = refused.or(Some((folder.join(SOCKET), error))),
            }
        }
        let (socket, error) = refused.unwrap_or_else(|| (self.folder.join(SOCKET), io::ErrorKind::InvalidInput.into()));
        Err(files::storage("listen on", &socket, &error))
    }

    /// Connects to who listens here, if anybody does. Never waits.
    pub async fn connect(&self) -> Option<UnixStream> {
        for folder in self.folders().filter(|folder| is_private(folder)) {
            if let Ok(stream) = UnixStream::connect(folder.join(SOCKET)).await
                && is_ours(&stream)
            {
                return Some(stream);
            }
        }
        None
    }

    /// Whether anything is here that could be connected to: a look that costs no runtime.
    pub fn is_inhabited(&self) -> bool {
        self.folders().any(|folder| folder.join(SOCKET).exists())
    }

    fn folders(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.folder.as_path()).chain(self.other.as_deref())
    }
}

impl Listening {
    /// The next connection of a process of the same user. Those of others are dropped.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            if is_ours(&stream) {
                return Ok(stream);
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // One that is gone already is as good.
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// A socket left behind is replaced: its owner would still hold the lock. Who sees the socket can connect to it.
fn bind(folder: &Path) -> io::Result<(UnixListener, PathBuf)> {
    let (socket, unheard) = (folder.join(SOCKET), folder.join(UNHEARD));
    SocketAddr::from_pathname(&socket)?;
    make_private(folder)?;
    match std::fs::remove_file(&unheard) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&unheard)?;
    std::fs::set_permissions(&unheard, Permissions::from_mode(0o600))?;
    std::fs::rename(&unheard, &socket)?;
    Ok((listener, socket))
}

fn make_private(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    if is_private(folder) { Ok(()) } else { Err(io::Error::new(io::ErrorKind::PermissionDenied, "the folder is not private")) }
}

/// A folder of ours, no link, that nobody else may enter.
fn is_private(folder: &Path) -> bool {
    std::fs::symlink_metadata(folder).is_ok_and(|facts| facts.is_dir() && facts.uid() == own_user() && facts.mode() & OTHERS == 0)
}

/// What the system says of the process at the other end (`SO_PEERCRED`, `getpeereid`).
fn is_ours(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own_user())
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener as Plain;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[tokio::test]
    async fn one_listens_privately_and_the_next_does_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&folder.path().join("a/b"), None);
        assert!(!place.is_inhabited() && place.connect().await.is_none());
        let first = place.listen().unwrap().unwrap();
        assert_eq!((mode(&folder.path().join("a/b")), mode(&folder.path().join("a/b/socket"))), (0o700, 0o600));
        assert!(place.listen().unwrap().is_none(), "a second one");
        let (ours, theirs) = tokio::join!(place.connect(), first.accept());
        assert!(ours.is_some() && theirs.is_ok());
        drop(first);
        assert!(!place.is_inhabited());
        assert!(place.listen().unwrap().is_some());
    }

    #[tokio::test]
    async fn what_a_dead_process_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path(), None);
        drop(Plain::bind(folder.path().join("socket")).unwrap());
        assert!(place.is_inhabited() && place.connect().await.is_none(), "nobody answers");
        let listening = place.listen().unwrap().unwrap();
        let (ours, theirs) = tokio::join!(place.connect(), listening.accept());
        assert!(ours.is_some() && theirs.is_ok());
    }

    #[tokio::test]
    async fn a_path_too_long_for_a_socket_is_met_elsewhere() {
        let (folder, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let deep = folder.path().join("x".repeat(120));
        let refused = Place::new(&deep, None).listen().unwrap_err().message;
        assert!(refused.starts_with("cannot listen on "), "{refused}");
        let place = Place::new(&deep, Some(runtime.path()));
        let listening = place.listen().unwrap().unwrap();
        let (ours, theirs) = tokio::join!(place.connect(), listening.accept());
        assert!(ours.is_some() && theirs.is_ok() && place.is_inhabited());
    }

    #[tokio::test]
    async fn a_folder_that_others_may_enter_is_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path(), None);
        let _listening = place.listen().unwrap().unwrap();
        assert!(place.connect().await.is_some());
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        assert!(place.connect().await.is_none());
    }
}
