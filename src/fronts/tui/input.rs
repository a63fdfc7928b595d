//! The thread that reads the terminal. It waits where the screen is behind, so no key is ever lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{self, Event, KeyEventKind};
use tokio::sync::mpsc;

use super::message::Msg;
use crate::types::limits::FRONT_EVENTS;

/// How often the thread looks whether it should end.
const GLANCE: Duration = Duration::from_millis(100);

/// The running thread; dropping it ends the thread at its next glance.
#[derive(Debug)]
pub(super) struct Input {
    /// What was read, in order.
    pub(super) events: mpsc::Receiver<Msg>,
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Input {
    /// Starts the thread.
    pub(super) fn start() -> std::io::Result<Self> {
        let (sender, events) = mpsc::channel(FRONT_EVENTS);
        let over = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&over);
        let name = "terminal reader".to_owned();
        let thread = std::thread::Builder::new().name(name).spawn(move || read(&sender, &theirs))?;
        Ok(Self { events, over, thread: Some(thread) })
    }
}

impl Input {
    /// Ends the thread and waits for its end, which takes a glance at most: the terminal's keys are somebody else's then.
    pub(super) fn stop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.events.close();
        if let Some(thread) = self.thread.take() {
            // A reader that panicked has ended, too.
            let _ = thread.join();
        }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Reads until told to end, or until the terminal is gone (then the queue closes, and the workbench leaves).
fn read(events: &mpsc::Sender<Msg>, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        match event::poll(GLANCE) {
            Ok(false) => {}
            Ok(true) => match event::read().map(message) {
                Ok(Some(message)) => {
                    if events.blocking_send(message).is_err() {
                        return;
                    }
                }
                Ok(None) => {}
                Err(_) => return,
            },
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => None,
        Event::Key(key) => Some(Msg::Key(key)),
        Event::Mouse(event) if event.kind == event::MouseEventKind::Moved => None,
        Event::Mouse(event) => Some(Msg::Mouse(event)),
        Event::Paste(text) => Some(Msg::Paste(line_ends(text))),
        Event::Resize(columns, rows) => Some(Msg::Resized(columns, rows)),
        Event::FocusGained => Some(Msg::FocusGained),
        Event::FocusLost => None,
    }
}

/// Terminals send a pasted line end as the Enter key does.
fn line_ends(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

#[cfg(test)]
mod tests {
    use super::line_ends;

    #[test]
    fn a_pasted_line_end_is_one_character() {
        assert_eq!(line_ends("a\rb\r\nc\n\td".to_owned()), "a\nb\nc\n\td");
    }
}
