//! A terminal with the workbench in it.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::{BINARY, Project};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The terminal. Dropping it ends the workbench.
pub(crate) struct Screen {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<Shown>,
    project: Arc<Project>,
}

struct Shown {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    /// Whether the terminal has stopped to read.
    stalled: bool,
    /// Everything that was written, for what the parser passes over: the clipboard.
    written: Vec<u8>,
}

impl Screen {
    /// Opens the workbench on a project.
    pub(crate) fn open(project: impl Into<Arc<Project>>, columns: u16, rows: u16, variables: &[(&str, &str)]) -> Self {
        let project = project.into();
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(BINARY);
        command.cwd(project.folder());
        command.env("TERM", "xterm-256color");
        for removed in ["NO_COLOR", "COLORTERM", "MCP_STUDIO_LOG"] {
            command.env_remove(removed);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let state = State { parser: vt100::Parser::new(cells(rows), cells(columns), 0), stalled: false, written: Vec::new() };
        let shown = Arc::new(Shown { state: Mutex::new(state), changed: Condvar::new() });
        let (mut reader, theirs) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let mut state = theirs.state.lock().unwrap();
                state.parser.process(&bytes[..count]);
                state.written.extend_from_slice(&bytes[..count]);
                theirs.changed.notify_all();
                drop(theirs.changed.wait_while(state, |state| state.stalled).unwrap());
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self { master: pair.master, writer, child, shown, project }
    }

    /// The project it is open on.
    pub(crate) fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// Types.
    pub(crate) fn send(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Changes the terminal's size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.shown.state.lock().unwrap().parser.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Stops reading what the workbench writes.
    pub(crate) fn stall(&mut self) {
        self.shown.state.lock().unwrap().stalled = true;
    }

    /// Waits until a text is on the screen.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(|screen| screen.contents().contains(text));
    }

    /// Waits until the screen is as wanted.
    pub(crate) fn wait_until(&mut self, wanted: impl Fn(&vt100::Screen) -> bool) {
        let state = self.shown.state.lock().unwrap();
        let (state, waited) =
            self.shown.changed.wait_timeout_while(state, PATIENCE, |state| !wanted(state.parser.screen())).unwrap();
        assert!(!waited.timed_out(), "the screen never became as wanted:\n{}", state.parser.screen().contents());
    }

    /// Waits for a text on the clipboard, the first being number 0, and answers it.
    pub(crate) fn wait_for_copied(&mut self, number: usize) -> String {
        let state = self.shown.state.lock().unwrap();
        let (state, waited) =
            self.shown.changed.wait_timeout_while(state, PATIENCE, |state| copied(&state.written).len() <= number).unwrap();
        assert!(!waited.timed_out(), "nothing was copied:\n{}", state.parser.screen().contents());
        copied(&state.written).swap_remove(number)
    }

    /// What is on the screen.
    pub(crate) fn text(&self) -> String {
        self.shown.state.lock().unwrap().parser.screen().contents()
    }

    /// Everything that was ever written to the terminal.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.shown.state.lock().unwrap().written).into_owned()
    }

    /// Cells with a colour of their own.
    pub(crate) fn coloured_cells(&self) -> usize {
        let state = self.shown.state.lock().unwrap();
        let screen = state.parser.screen();
        let (rows, columns) = screen.size();
        let places = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        let coloured = |cell: &vt100::Cell| (cell.fgcolor(), cell.bgcolor()) != (vt100::Color::Default, vt100::Color::Default);
        places.filter(|(row, column)| screen.cell(*row, *column).is_some_and(coloured)).count()
    }

    /// The workbench's process.
    pub(crate) fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_raw(i32::try_from(self.process()).unwrap()).unwrap();
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Waits for its end and answers its exit code.
    pub(crate) fn ended(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.text());
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Asserts that the terminal is as the shell left it: modes, cursor, line discipline.
    pub(crate) fn assert_given_back(&self) {
        let state = self.shown.state.lock().unwrap();
        let screen = state.parser.screen();
        assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        let modes = self.master.get_termios().unwrap().local_flags;
        assert!(format!("{modes:?}").contains("ICANON") && format!("{modes:?}").contains("ECHO"), "{modes:?}");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let mut state = self.shown.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.stalled = false;
        self.shown.changed.notify_all();
        drop(state);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The texts put on the clipboard (OSC 52), whole ones.
fn copied(written: &[u8]) -> Vec<String> {
    let written = String::from_utf8_lossy(written);
    let mut parts = written.split("\u{1b}]52;c;");
    parts.next();
    let encoded = parts.filter_map(|part| part.split_once("\u{1b}\\").or_else(|| part.split_once('\u{7}')));
    encoded.map(|(text, _)| String::from_utf8(decoded(text)).unwrap()).collect()
}

/// The bytes that a base64 text stands for.
fn decoded(text: &str) -> Vec<u8> {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |sign: u8| SIGNS.iter().position(|known| *known == sign);
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_usize, 0);
    for sign in text.bytes().filter_map(value) {
        (bits, count) = ((bits << 6 | sign) & 0xff_ffff, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}
