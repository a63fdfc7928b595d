//! The terminal taken over and given back, however the program ends.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange, EnableMouseCapture,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, queue, terminal};

use super::writer::Writer;
use crate::types::{Failure, FailureKind};

/// The terminal in our hands. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Terminal {
    ours: Arc<AtomicBool>,
}

impl Terminal {
    /// Takes the terminal over. From here on a panic gives it back first and then says where the log is.
    pub(super) fn take(log: &Path) -> Result<Self, Failure> {
        let terminal = Self { ours: Arc::new(AtomicBool::new(false)) };
        terminal.enter()?;
        restore_on_panic(Arc::clone(&terminal.ours), log.to_owned());
        Ok(terminal)
    }

    /// Takes it over (again).
    pub(super) fn enter(&self) -> Result<(), Failure> {
        terminal::enable_raw_mode().map_err(|error| unusable(&error))?;
        self.ours.store(true, Ordering::SeqCst);
        write(&opening()).map_err(|error| unusable(&error))
    }

    /// Gives it back. Does nothing where that was done already.
    pub(super) fn leave(&self) {
        give_back(&self.ours);
    }

    /// Gives it back, the last bytes through `writer`: a terminal that takes nothing any more cannot hold us.
    pub(super) fn leave_through(&self, writer: &Writer, limit: Duration) {
        writer.drain(limit);
        if writer.buffer().is_some() {
            writer.submit(closing());
            writer.drain(limit);
        }
        if self.ours.swap(false, Ordering::SeqCst) {
            // A terminal that is gone has no mode to restore.
            let _ = terminal::disable_raw_mode();
        }
    }

    /// Columns and rows.
    pub(super) fn size() -> (u16, u16) {
        terminal::size().unwrap_or((80, 24))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Bytes that take or leave the mouse.
pub(super) fn mouse(ours: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let queued = if ours { queue!(bytes, EnableMouseCapture) } else { queue!(bytes, DisableMouseCapture) };
    queued.map(|()| bytes).unwrap_or_default()
}

/// Bytes that put text on the clipboard of the terminal (OSC 52), also over SSH.
pub(super) fn clipboard(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let queued = queue!(bytes, crossterm::clipboard::CopyToClipboard::to_clipboard_from(text));
    queued.map(|()| bytes).unwrap_or_default()
}

/// Writes all of it to the terminal, waiting where it is slow.
pub(super) fn write(mut bytes: &[u8]) -> std::io::Result<()> {
    let stdout = rustix::stdio::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(stdout, bytes) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                let mut ready = [rustix::event::PollFd::new(&stdout, rustix::event::PollFlags::OUT)];
                rustix::event::poll(&mut ready, None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn opening() -> Vec<u8> {
    let mut bytes = Vec::new();
    let queued = queue!(
        bytes,
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableMouseCapture,
        EnableFocusChange,
        cursor::Hide,
        terminal::Clear(terminal::ClearType::All)
    );
    queued.map(|()| bytes).unwrap_or_default()
}

fn closing() -> Vec<u8> {
    let mut bytes = Vec::new();
    let queued = queue!(
        bytes,
        EndSynchronizedUpdate,
        ResetColor,
        DisableFocusChange,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    queued.map(|()| bytes).unwrap_or_default()
}

fn give_back(ours: &AtomicBool) {
    if ours.swap(false, Ordering::SeqCst) {
        // Nothing more can be done for a terminal that takes neither; the program ends either way.
        let _ = write(&closing());
        let _ = terminal::disable_raw_mode();
    }
}

fn restore_on_panic(ours: Arc<AtomicBool>, log: PathBuf) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back(&ours);
        before(panic);
        let _ = writeln!(std::io::stderr(), "mcp-studio ended because of a defect. The log is in {}", log.display());
    }));
}

fn unusable(error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Internal, format!("the terminal cannot be used: {error}"))
        .hint("without a terminal, use the headless verbs: mcp-studio exec, call, list-tools, health")
}
