//! The loop: takes in keys, replies and changes, and paints at most 60 frames a second, only when something changed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::draw::{Look, draw};
use super::effects::{Effects, Replies, output_text, read_script};
use super::facts::Facts;
use super::input::Input;
use super::keymap::Keymap;
use super::layout::regions;
use super::message::{Effect, Msg, Reply, TerminalEffect};
use super::model::Model;
use super::outside::{Edit, Purpose};
use super::terminal::{self, Terminal};
use super::update::update;
use super::world::World;
use super::writer::Writer;
use crate::ops::{Answering, NoticeLevel, Studio};
use crate::types::limits::{ELAPSED_TICK, FRAME_BYTES, FRAMES_PER_SECOND};
use crate::types::{Failure, FailureKind};

/// How long leaving waits for a slow terminal to take the last frame.
const LAST_FRAME: Duration = Duration::from_millis(200);

/// Runs the workbench on this terminal until the person leaves. Restores the terminal however it ends.
pub async fn run(studio: Studio) -> Result<(), Failure> {
    let terminal = Terminal::take(&studio.settings().paths.state.join("logs"))?;
    let writer = Writer::start(terminal::write).map_err(|error| no_thread(&error))?;
    let (replies, arrivals) = Replies::new();
    let mut driver = Driver::new(studio, terminal, writer, replies);
    driver.paint(Instant::now());
    driver.look.load_theme();
    driver.perform(Effect::LookBack);
    let following = driver.studio.follow_changes();
    let result = driver.turn(arrivals).await;
    drop(following);
    driver.terminal.leave_through(&driver.writer, LAST_FRAME);
    result
}

struct Driver {
    studio: Studio,
    terminal: Terminal,
    writer: Writer,
    effects: Effects,
    replies: Replies,
    watched: watch::Sender<Option<PathBuf>>,
    model: Model,
    look: Look,
    shown: Buffer,
    next: Buffer,
    /// Bytes for the terminal that are no picture: clipboard, mouse.
    aside: Vec<u8>,
    /// Whether the project has changed since the model learnt of it.
    behind: bool,
    dirty: bool,
    course: Course,
    /// What waits to be opened in the person's editor.
    outside: Option<Edit>,
    /// Whether the next key is a defect: how tests see that a panic gives the terminal back.
    defective: bool,
    seen: u64,
    next_frame: Instant,
    next_tick: Instant,
}

/// Whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    On,
    Leaving,
}

impl Driver {
    fn new(studio: Studio, terminal: Terminal, writer: Writer, replies: Replies) -> Self {
        let (columns, rows) = Terminal::size();
        let area = Rect::new(0, 0, columns, rows);
        let now = Instant::now();
        studio.approvals().answered_by(Answering::Person);
        let seen = studio.pulse().revision();
        let (keymap, warnings) = Keymap::of(&studio.settings().keys);
        warnings.iter().for_each(|warning| studio.board().notice(NoticeLevel::Warning, warning.to_string()));
        let mut model = Model::new(area, now, World::read(&studio, studio.scripts(), studio.saved_calls()));
        model.keymap = keymap;
        Self {
            effects: Effects::new(studio.clone(), replies.clone()),
            terminal,
            writer,
            replies,
            watched: watch::Sender::new(None),
            model,
            look: Look::of(|name| std::env::var(name).ok()),
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            aside: Vec::new(),
            behind: false,
            dirty: true,
            course: Course::On,
            outside: None,
            defective: cfg!(debug_assertions) && std::env::var_os("MCP_STUDIO_TEST_PANIC").is_some(),
            seen,
            next_frame: now,
            next_tick: now,
            studio,
        }
    }

    /// Turns until the person leaves, a signal asks for it, or the terminal is gone.
    async fn turn(&mut self, mut arrivals: mpsc::Receiver<Reply>) -> Result<(), Failure> {
        let mut input = Input::start().map_err(|error| no_thread(&error))?;
        let mut terminate = listen(SignalKind::terminate())?;
        let mut hang_up = listen(SignalKind::hangup())?;
        tokio::spawn(super::watch::watch(self.studio.clone(), self.watched.subscribe(), self.replies.clone()));
        tokio::spawn(super::outdated::watch(self.studio.clone(), self.replies.clone()));
        self.take(Msg::FocusGained);
        let pulse = self.studio.pulse().clone();
        while self.course == Course::On {
            if let Some(edit) = self.outside.take() {
                input.stop();
                while let Ok(event) = input.events.try_recv() {
                    self.take(event);
                }
                self.visit(edit).await;
                input = Input::start().map_err(|error| no_thread(&error))?;
            }
            let now = Instant::now();
            if self.dirty && now >= self.next_frame && self.writer.is_free() {
                self.paint(now);
                continue;
            }
            let free = self.writer.is_free();
            let busy = self.model.world.busy()
                || !self.model.calls.is_empty()
                || self.model.tool.discovered.busy()
                || self.model.tool.is_behind()
                || self.look.loading();
            tokio::select! {
                biased;
                event = input.events.recv() => match event {
                    Some(event) => self.batch(event, &mut input.events, |event| event),
                    None => return Ok(()),
                },
                Some(reply) = arrivals.recv() => self.batch(reply, &mut arrivals, Msg::Reply),
                _ = terminate.recv() => return Ok(()),
                _ = hang_up.recv() => return Ok(()),
                revision = pulse.changed_since(self.seen), if !self.behind => {
                    self.seen = revision;
                    (self.behind, self.dirty) = (true, true);
                }
                () = tokio::time::sleep_until(self.next_frame.into()), if self.dirty && free => {}
                () = self.writer.freed(), if self.dirty && !free => {}
                () = tokio::time::sleep_until(self.next_tick.into()), if busy && !self.dirty => self.dirty = true,
            }
        }
        Ok(())
    }

    /// Takes in a message and all that wait behind it, before the next frame.
    fn batch<T>(&mut self, first: T, more: &mut mpsc::Receiver<T>, message: fn(T) -> Msg) {
        self.catch_up();
        self.take(Msg::Clock(Instant::now()));
        self.take(message(first));
        while let Ok(next) = more.try_recv() {
            self.take(message(next));
        }
        if self.replies.take_lost() {
            self.take(Msg::Resync);
        }
        self.dirty = true;
    }

    fn take(&mut self, message: Msg) {
        let key = matches!(message, Msg::Key(_));
        assert!(!(key && self.defective), "asked for by MCP_STUDIO_TEST_PANIC");
        if let Msg::Resized(columns, rows) = message {
            self.resize(Rect::new(0, 0, columns, rows));
        }
        for effect in update(&mut self.model, message) {
            self.perform(effect);
        }
        let open = &self.model.editor.path;
        self.watched.send_if_modified(|watched| {
            let other = watched != open;
            if other {
                watched.clone_from(open);
            }
            other
        });
    }

    /// Lets the model learn what has changed in the project.
    fn catch_up(&mut self) {
        if std::mem::take(&mut self.behind) {
            let scripts = std::mem::take(&mut self.model.world.scripts);
            let saved = std::mem::take(&mut self.model.world.saved);
            let world = World::read(&self.studio, scripts, saved);
            self.take(Msg::World(Box::new(world)));
        }
    }

    fn perform(&mut self, effect: Effect) {
        let Effect::Terminal(effect) = effect else { return self.effects.begin(effect) };
        match effect {
            TerminalEffect::Copy(text) => self.aside.extend(terminal::clipboard(&text)),
            TerminalEffect::Mouse(ours) => self.aside.extend(terminal::mouse(ours)),
            TerminalEffect::Repaint => self.forget_screen(),
            TerminalEffect::Edit(edit) => self.outside = Some(edit),
            TerminalEffect::Suspend => self.suspend(),
            TerminalEffect::Quit => self.course = Course::Leaving,
        }
    }

    fn resize(&mut self, area: Rect) {
        self.next.resize(area);
        self.shown.resize(area);
        self.forget_screen();
    }

    /// The next frame is painted whole.
    fn forget_screen(&mut self) {
        self.shown.reset();
        let cleared = queue!(self.aside, crossterm::terminal::Clear(crossterm::terminal::ClearType::All));
        self.dirty |= cleared.is_ok();
    }

    /// Paints a frame: only what differs from the one before goes to the terminal, in one piece.
    fn paint(&mut self, now: Instant) {
        let Some(mut bytes) = self.writer.buffer() else { return };
        self.catch_up();
        for effect in update(&mut self.model, Msg::Clock(now)) {
            self.perform(effect);
        }
        let regions = regions(&self.model, self.model.area);
        let facts = Facts::gather(self.studio.board(), &self.model, &regions, now);
        self.next.reset();
        draw(&self.model, &facts, &self.look, &mut self.next);
        bytes.reserve(FRAME_BYTES);
        bytes.append(&mut self.aside);
        self.dirty = encode(&self.shown, &self.next, &mut bytes).is_err();
        std::mem::swap(&mut self.shown, &mut self.next);
        self.writer.submit(bytes);
        self.next_frame = now + Duration::from_secs(1) / FRAMES_PER_SECOND;
        self.next_tick = now + ELAPSED_TICK;
    }

    /// Hands the terminal to the person's editor until it is closed. Servers and scripts go on meanwhile.
    async fn visit(&mut self, edit: Edit) {
        self.writer.drain(LAST_FRAME);
        self.terminal.leave();
        let studio = self.studio.clone();
        let Edit { purpose, name, text } = edit;
        let meant = purpose.clone();
        let work = tokio::task::spawn_blocking(move || match meant {
            Purpose::Script(path) => studio.edit_file(&path).and_then(|()| read_script(&path)),
            Purpose::Output(run) => studio.edit_text(&name, &output_text(&studio, run)),
            Purpose::Arguments(_) | Purpose::Reading => studio.edit_text(&name, &text),
        });
        let lost = |_| Err(Failure::new(FailureKind::Internal, "the editor could not be waited for"));
        let result = work.await.unwrap_or_else(lost);
        if self.terminal.enter().is_err() {
            self.course = Course::Leaving;
        }
        let (columns, rows) = Terminal::size();
        self.take(Msg::Resized(columns, rows));
        self.take(Msg::Edited(purpose, result));
    }

    /// Hands the terminal to the shell until it continues us.
    fn suspend(&mut self) {
        self.writer.drain(LAST_FRAME);
        self.terminal.leave();
        let stopped = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP);
        if stopped.and(self.terminal.enter().map_err(|_| rustix::io::Errno::IO)).is_err() {
            self.course = Course::Leaving;
        }
        let (columns, rows) = Terminal::size();
        self.take(Msg::Resized(columns, rows));
    }
}

/// What must be written to turn one picture into the other.
fn encode(from: &Buffer, to: &Buffer, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let changes = from.diff(to);
    if changes.is_empty() {
        return Ok(());
    }
    queue!(bytes, BeginSynchronizedUpdate)?;
    CrosstermBackend::new(&mut *bytes).draw(changes.into_iter())?;
    queue!(bytes, EndSynchronizedUpdate)
}

fn listen(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::new(FailureKind::Internal, format!("cannot listen for signals: {error}")))
}

fn no_thread(error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Internal, format!("cannot start a thread: {error}"))
}
