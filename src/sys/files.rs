//! Files that are whole or not there.

use std::io::Write as _;
use std::path::Path;

use crate::types::{Failure, FailureKind};

/// Writes `bytes` to `path` so that a reader sees the old file or the new one, never a part.
/// Creates missing folders. An existing file keeps its permissions.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = std::fs::create_dir_all(folder).and_then(|()| replace(path, folder, bytes));
    written.map_err(|error| storage("write", path, &error))
}

/// The text of the file at `path`; none where there is no such file. Fails where it has more than `most` bytes.
pub fn read_bounded(path: &Path, most: u64) -> Result<Option<String>, Failure> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(storage("read", path, &error)),
        Ok(file) if file.len() > most => {
            let message = format!("{} is larger than {most} bytes", path.display());
            return Err(Failure::new(FailureKind::Storage, message));
        }
        Ok(_) => {}
    }
    std::fs::read_to_string(path).map(Some).map_err(|error| storage("read", path, &error))
}

/// A failure to `verb` the file at `path`.
pub fn storage(verb: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Storage, format!("cannot {verb} {}: {error}", path.display()))
}

/// Locks the file at `path`, which is created if need be, for as long as the answer lives. None: another process has it.
pub fn lock(path: &Path) -> Result<Option<std::fs::File>, Failure> {
    let file = std::fs::File::options().create(true).truncate(false).read(true).write(true).open(path);
    let file = file.map_err(|error| storage("open", path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(storage("lock", path, &error)),
    }
}

fn replace(path: &Path, folder: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(old) = std::fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    } else {
        set_default_mode(file.as_file())?;
    }
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// A temporary file is private; a new file of a project is readable like any other.
fn set_default_mode(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        write_atomic(&path, b"one").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path().join("a")).unwrap().count(), 1);
    }
}
