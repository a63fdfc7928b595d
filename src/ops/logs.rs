//! The log: what the program itself did, in daily files under `.mcp-studio/logs`. Never what tools were sent or answered.

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing_appender::rolling::{RollingFileAppender, RollingWriter, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::connections::NOISY_TARGET;
use crate::types::limits::LOG_FILES;

/// Sets the program's log up; the file is created with its first line. `level` is the text of `MCP_STUDIO_LOG`:
/// `off`, `error`, `warn`, `info`, `debug` or `trace`; anything else means `info`. Does nothing the second time.
pub(super) fn start(folder: PathBuf, level: Option<&str>) {
    let level = level.and_then(|text| text.parse().ok()).unwrap_or(LevelFilter::INFO);
    // At finer levels rmcp writes messages whole, and its worker calls ordinary refusals errors.
    let filter = Targets::new()
        .with_target("mcp_studio", level)
        .with_target("rmcp", LevelFilter::WARN.min(level))
        .with_target(NOISY_TARGET, LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(DailyFile::new(folder));
    // A second studio in one process shares the first one's log.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// A file a day, opened when the first line is written. Without a writable folder there is no log, and no failure.
struct DailyFile {
    folder: PathBuf,
    file: OnceLock<Option<RollingFileAppender>>,
}

impl DailyFile {
    fn new(folder: PathBuf) -> Self {
        Self { folder, file: OnceLock::new() }
    }

    fn open(&self) -> Option<RollingFileAppender> {
        std::fs::create_dir_all(&self.folder).ok()?;
        RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix("mcp-studio")
            .filename_suffix("log")
            .max_log_files(LOG_FILES)
            .build(&self.folder)
            .ok()
    }
}

/// One line on its way to the file.
enum Line<'a> {
    File(RollingWriter<'a>),
    Nowhere,
}

impl io::Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Nowhere => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Nowhere => Ok(()),
        }
    }
}

impl<'a> MakeWriter<'a> for DailyFile {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        match self.file.get_or_init(|| self.open()) {
            Some(file) => Line::File(file.make_writer()),
            None => Line::Nowhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_log_file_appears_with_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let file = DailyFile::new(logs.clone());
        assert!(!logs.exists());
        file.make_writer().write_all(b"line\n").unwrap();
        let files: Vec<_> = std::fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(std::fs::read(&files[0]).unwrap(), b"line\n");
    }

    #[test]
    fn a_folder_that_cannot_be_made_costs_the_log_only() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let file = DailyFile::new(folder.path().join("file/logs"));
        file.make_writer().write_all(b"line\n").unwrap();
        assert!(matches!(file.make_writer(), Line::Nowhere));
    }
}
