//! Reading beneath one folder and nowhere else: no `..`, absolute path or symbolic link leads out of it,
//! and nothing but files and folders is ever opened (a device or a named pipe could block or act).
//!
//! A path is resolved first and then opened component by component without following links, so that a link
//! put in its way in the meantime is refused, not followed.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RawMode, Stat, fstat, openat, statat};

use super::clock::Timestamp;
use crate::types::{Failure, FailureKind};

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, not followed.
    Link,
    /// A device, socket or named pipe: never opened.
    Other,
}

/// What is known of a file without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// Last change of its content, where the clock value makes sense.
    pub modified: Option<Timestamp>,
    /// Permission bits.
    pub permissions: RawMode,
}

/// The entries of a folder, sorted by name.
#[derive(Debug)]
pub struct Entries {
    /// Names with facts. Names that are not UTF-8 are left out: nothing could ask for them.
    pub list: Vec<(String, Facts)>,
    /// Whether the folder has no more than were asked for.
    pub whole: bool,
}

/// A folder opened for reading, and everything below it.
#[derive(Debug)]
pub struct Beneath {
    root: PathBuf,
    folder: Folder,
}

impl Beneath {
    /// Opens the folder that bounds everything else.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        let refused = |error: &io::Error| failure(&root.display().to_string(), error);
        let canonical = root.canonicalize().map_err(|error| refused(&error))?;
        let descriptor = openat(CWD, &canonical, FOLDER, Mode::empty()).map_err(|error| refused(&error.into()))?;
        Ok(Self { root: canonical, folder: Folder(descriptor) })
    }

    /// What stands at `path`. A link at its end is described, not followed.
    pub fn facts(&self, path: &str) -> Result<Facts, Failure> {
        let typed = Path::new(path);
        let facts = match (typed.parent(), typed.file_name()) {
            (Some(parent), Some(name)) => {
                let folder = self.folder(&parent.to_string_lossy())?;
                folder.facts(name)
            }
            (None | Some(_), _) => return self.folder(path)?.own_facts().map_err(|error| failure(path, &error)),
        };
        facts.map_err(|error| failure(path, &error))
    }

    /// Opens the regular file at `path`, with its size. Links that stay inside are followed.
    pub fn file(&self, path: &str) -> Result<(File, Facts), Failure> {
        let inside = self.resolve(path)?;
        let (Some(parent), Some(name)) = (inside.parent(), inside.file_name()) else {
            return Err(failure(path, &io::ErrorKind::IsADirectory.into()));
        };
        self.descend(parent).and_then(|folder| folder.file(name)).map_err(|error| failure(path, &error))
    }

    /// Opens the folder at `path`. Links that stay inside are followed.
    pub fn folder(&self, path: &str) -> Result<Folder, Failure> {
        let inside = self.resolve(path)?;
        self.descend(&inside).map_err(|error| failure(path, &error))
    }

    /// `path` without links, relative to the root.
    fn resolve(&self, path: &str) -> Result<PathBuf, Failure> {
        let outside = || {
            Failure::new(FailureKind::ToolExecution, format!("{path:?} leads out of the folder that is served"))
                .hint("give a path relative to that folder")
        };
        if Path::new(path).is_absolute() {
            return Err(outside());
        }
        let resolved = self.root.join(path).canonicalize();
        let escapes = resolved.as_ref().is_ok_and(|resolved| !resolved.starts_with(&self.root)) || climbs_out(path);
        if escapes {
            return Err(outside());
        }
        let resolved = resolved.map_err(|error| failure(path, &error))?;
        Ok(resolved.strip_prefix(&self.root).map(Path::to_path_buf).unwrap_or_default())
    }

    fn descend(&self, inside: &Path) -> io::Result<Folder> {
        let mut folder = self.folder.again()?;
        for component in inside.components() {
            folder = folder.folder(component.as_os_str())?;
        }
        Ok(folder)
    }
}

/// Whether the text alone says that a path leaves the folder it starts in, so that what exists outside stays unknown.
fn climbs_out(path: &str) -> bool {
    let mut depth = 0_i64;
    Path::new(path).components().any(|component| {
        depth += match component {
            Component::ParentDir => -1,
            Component::Normal(_) => 1,
            Component::CurDir | Component::RootDir | Component::Prefix(_) => 0,
        };
        depth < 0
    })
}

/// An open folder. Its entries are opened through it, so that nothing can be put in between.
#[derive(Debug)]
pub struct Folder(OwnedFd);

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Not blocking, so that a named pipe that took the place of a file cannot hold us up.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

impl Folder {
    /// At most `most` entries, sorted by name.
    pub fn entries(&self, most: usize) -> io::Result<Entries> {
        let mut list = Vec::new();
        let mut whole = true;
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let bytes = entry.file_name().to_bytes();
            let Some(name) = std::str::from_utf8(bytes).ok().filter(|name| *name != "." && *name != "..") else {
                continue;
            };
            if list.len() == most {
                whole = false;
                break;
            }
            // An entry that vanished since is left out.
            if let Ok(facts) = self.facts(OsStr::from_bytes(bytes)) {
                list.push((name.to_owned(), facts));
            }
        }
        list.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(Entries { list, whole })
    }

    /// A folder in this one. A link is refused.
    pub fn folder(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self(openat(&self.0, name, FOLDER, Mode::empty())?))
    }

    /// A regular file in this folder. A link is refused, anything else is never opened.
    pub fn file(&self, name: &OsStr) -> io::Result<(File, Facts)> {
        only_files(&self.facts(name)?)?;
        let file = File::from(openat(&self.0, name, FILE, Mode::empty())?);
        let facts = facts_of(&fstat(file.as_fd())?);
        only_files(&facts)?;
        Ok((file, facts))
    }

    fn facts(&self, name: &OsStr) -> io::Result<Facts> {
        Ok(facts_of(&statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    fn own_facts(&self) -> io::Result<Facts> {
        Ok(facts_of(&fstat(&self.0)?))
    }

    fn again(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }
}

fn only_files(facts: &Facts) -> io::Result<()> {
    match facts.kind {
        Kind::File => Ok(()),
        Kind::Folder => Err(io::ErrorKind::IsADirectory.into()),
        Kind::Link => Err(io::Error::other("it is a symbolic link")),
        Kind::Other => Err(io::Error::other("it is a device, socket or named pipe")),
    }
}

fn facts_of(stat: &Stat) -> Facts {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        FileType::Fifo | FileType::Socket | FileType::CharacterDevice | FileType::BlockDevice | FileType::Unknown => Kind::Other,
    };
    let nanoseconds = i32::try_from(stat.st_mtime_nsec).unwrap_or_default();
    Facts {
        kind,
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        modified: Timestamp::new(stat.st_mtime, nanoseconds).ok(),
        permissions: stat.st_mode & 0o7777,
    }
}

/// The words of the operating system without its error number.
fn failure(path: &str, error: &io::Error) -> Failure {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    let mut words = words.chars();
    let reason: String = words.next().into_iter().flat_map(char::to_lowercase).chain(words).collect();
    Failure::new(FailureKind::ToolExecution, format!("cannot read {path:?}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    /// `<temp>/outside.txt` and a root `<temp>/root` with a file, folders and links of every kind.
    fn project() -> (tempfile::TempDir, Beneath) {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("root");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(temp.path().join("outside.txt"), "secret").unwrap();
        std::fs::write(root.join("a/b/file.txt"), "inside").unwrap();
        symlink("a/b/file.txt", root.join("in")).unwrap();
        symlink("../outside.txt", root.join("out")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink(temp.path().join("outside.txt"), root.join("absolute")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
        let beneath = Beneath::open(&root).unwrap();
        (temp, beneath)
    }

    fn read(beneath: &Beneath, path: &str) -> Result<String, String> {
        let (mut file, _) = beneath.file(path).map_err(|failure| failure.message)?;
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    #[test]
    fn what_is_inside_is_read_also_through_links_that_stay_inside() {
        let (_temp, beneath) = project();
        for path in ["a/b/file.txt", "./a/../a/b/file.txt", "in"] {
            assert_eq!(read(&beneath, path), Ok("inside".to_owned()), "{path}");
        }
    }

    #[test]
    fn nothing_leads_out() {
        let (temp, beneath) = project();
        let absolute = temp.path().join("root/a/b/file.txt");
        for path in [
            "../outside.txt",
            "out",
            "up/outside.txt",
            "absolute",
            "a/../../outside.txt",
            "../missing",
            absolute.to_str().unwrap(),
        ] {
            assert_eq!(read(&beneath, path), Err(format!("{path:?} leads out of the folder that is served")));
        }
        assert!(beneath.folder("up").is_err());
    }

    #[test]
    fn a_link_that_took_the_place_of_a_resolved_folder_is_refused() {
        let (temp, beneath) = project();
        let inside = beneath.resolve("a/b/file.txt").unwrap();
        std::fs::rename(temp.path().join("root/a"), temp.path().join("root/moved")).unwrap();
        symlink("moved", temp.path().join("root/a")).unwrap();
        assert!(beneath.descend(inside.parent().unwrap()).is_err());
    }

    #[test]
    fn only_files_are_opened_and_links_are_described() {
        let (_temp, beneath) = project();
        assert_eq!(read(&beneath, "socket"), Err("cannot read \"socket\": it is a device, socket or named pipe".to_owned()));
        assert_eq!(read(&beneath, "a"), Err("cannot read \"a\": is a directory".to_owned()));
        assert_eq!(read(&beneath, "."), Err("cannot read \".\": is a directory".to_owned()));
        assert_eq!(read(&beneath, "missing"), Err("cannot read \"missing\": no such file or directory".to_owned()));
        assert!(read(&beneath, "loop").is_err());
        let kinds = ["in", "out", "a", "a/b/file.txt", "socket", ".", ""].map(|path| beneath.facts(path).unwrap().kind);
        assert_eq!(kinds, [Kind::Link, Kind::Link, Kind::Folder, Kind::File, Kind::Other, Kind::Folder, Kind::Folder]);
    }

    #[test]
    fn entries_are_sorted_and_bounded() {
        let (_temp, beneath) = project();
        let all = beneath.folder(".").unwrap().entries(100).unwrap();
        let names: Vec<&str> = all.list.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, all.whole), (vec!["a", "absolute", "in", "loop", "out", "socket", "up"], true));
        let some = beneath.folder(".").unwrap().entries(3).unwrap();
        assert_eq!((some.list.len(), some.whole), (3, false));
    }
}
