//! Every bound of the program, with its unit and its reason. Configuration may change those that say so.

use std::time::Duration;

/// Characters of a server's name. Longer ones do not fit the tree and make unreadable tool ids.
pub const SERVER_NAME_CHARS: usize = 64;

/// Bytes of one message from a server. Larger ones fail their call (configurable per server).
pub const MESSAGE_BYTES: usize = 64 * 1024 * 1024;
/// Nesting of one JSON message. serde_json itself stops at 128; deeper data is an attack or a defect.
pub const MESSAGE_DEPTH: usize = 100;
/// Bytes of a server's stderr that are kept.
pub const STDERR_BYTES: usize = 256 * 1024;
/// Last stderr lines shown with a failure.
pub const STDERR_SHOWN_LINES: usize = 8;
/// Messages of wire traffic kept per server.
pub const TRAFFIC_MESSAGES: usize = 500;
/// Bytes kept of one message of wire traffic.
pub const TRAFFIC_MESSAGE_BYTES: usize = 16 * 1024;
/// Values of one part of a message that is read. Each costs some 100 bytes of memory, however short its text.
pub const MESSAGE_NODES: usize = 2_000_000;
/// Bytes of an error message of a server, of its instructions and of its capabilities.
pub const ERROR_BYTES: usize = 16 * 1024;
/// Bytes of all definitions of one list.
pub const LIST_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of hostile text quoted in a note about a server.
pub const NOTE_BYTES: usize = 512;
/// Bytes of one stderr line of a server that are kept.
pub const STDERR_LINE_BYTES: usize = 4 * 1024;
/// Requests of one server that may wait for our answer; further ones are dropped.
pub const SERVER_REQUESTS: usize = 64;
/// Messages between the tasks of one connection. Small: senders wait, nothing piles up.
pub const CONNECTION_QUEUE: usize = 64;
/// Rounds in which a server may ask for further input before it answers a call (2026-07-28).
pub const INPUT_ROUNDS: usize = 8;
/// Pages of one list request. A server that goes on for ever is cut here and reported.
pub const LIST_PAGES: usize = 200;
/// Tools of one server that are kept.
pub const TOOLS_PER_SERVER: usize = 20_000;

/// From starting a server to its first answer. uvx may have to download a package first.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a server may leave `server/discover` unanswered before the older handshake is tried. Servers that start
/// slowly are common, ones that ignore a request are not. (The protocol crate itself gives up after 10 s.)
pub const ERA_PROBE_TIMEOUT: Duration = Duration::from_secs(6);
/// How long the output of a server that has exited is still read: its last reply may be on the way.
pub const EXIT_DRAIN: Duration = Duration::from_millis(200);
/// How long a call that lost its connection waits to learn why.
pub const OBITUARY_WAIT: Duration = Duration::from_secs(1);
/// A backoff no longer than this is waited for by who needs the server; a longer one is a failure at once.
pub const RESTART_PATIENCE: Duration = Duration::from_secs(1);
/// Whole time of one tool call (configurable).
pub const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// A call without any progress notification for this long has failed (configurable).
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// From closing a server's stdin to SIGTERM of its tree.
pub const CLOSE_GRACE: Duration = Duration::from_millis(500);
/// From SIGTERM to SIGKILL of its tree. With [`CLOSE_GRACE`] this stays below 3 s.
pub const TERM_GRACE: Duration = Duration::from_millis(1_500);
/// From SIGKILL of a tree to giving up on processes that the kernel itself cannot end (those waiting for a broken disk).
pub const SWEEP_LIMIT: Duration = Duration::from_secs(5);
/// Processes held at once while a tree is ended; each takes a descriptor. Further ones come in the next pass.
pub const SWEEP_AT_ONCE: usize = 128;
/// Passes over the process table when a tree is killed without waiting.
pub const SWEEP_PASSES: usize = 16;
/// Descriptors in one message to a child.
pub const DESCRIPTORS_AT_ONCE: usize = 8;
/// `tools/list_changed` within this span is answered by one refresh.
pub const LIST_CHANGED_DEBOUNCE: Duration = Duration::from_millis(200);
/// First wait before a failed server may be started again; doubles up to [`RESTART_DELAY_MAX`].
pub const RESTART_DELAY: Duration = Duration::from_millis(500);
/// Longest wait between two starts of a failing server.
pub const RESTART_DELAY_MAX: Duration = Duration::from_secs(30);
/// Starts of one server within [`RESTART_WINDOW`] before it is left alone until a person asks.
pub const RESTART_BUDGET: u32 = 5;
/// See [`RESTART_BUDGET`].
pub const RESTART_WINDOW: Duration = Duration::from_secs(300);

/// Steps the board keeps for the screen. The journal keeps all.
pub const BOARD_STEPS: usize = 10_000;
/// Lines of output the board keeps for each run.
pub const BOARD_OUTPUT_LINES: usize = 10_000;
/// Bytes of one output line the board keeps; longer lines are cut and marked.
pub const BOARD_LINE_BYTES: usize = 16 * 1024;
/// Runs the board keeps.
pub const BOARD_RUNS: usize = 100;
/// Notices (warnings, life-cycle lines) the board keeps.
pub const BOARD_NOTICES: usize = 500;

/// Bytes of one message on the tool channel between a script and the core.
pub const CHANNEL_MESSAGE_BYTES: usize = 256 * 1024 * 1024;
/// Calls of one script that may be under way at once; further ones wait.
pub const CALLS_IN_FLIGHT: usize = 256;
/// From SIGINT to SIGTERM when a script is interrupted.
pub const INTERRUPT_GRACE: Duration = Duration::from_millis(1_000);
/// From SIGTERM to SIGKILL when a script is interrupted.
pub const KILL_GRACE: Duration = Duration::from_millis(500);
/// How long the pipes of a script that has ended are still read when something else holds them open.
pub const DRAIN_TIMEOUT: Duration = Duration::from_millis(200);
/// Bytes of a script's source.
pub const SCRIPT_BYTES: u64 = 8 * 1024 * 1024;

/// Frames a second at the most.
pub const FRAMES_PER_SECOND: u32 = 60;
/// Rare messages to the front; when it is full, one `Resync` makes the front read everything anew.
pub const FRONT_MESSAGES: usize = 256;

/// Bytes of `mcp_config.json`. Larger ones are not written by people.
pub const CONFIG_BYTES: usize = 4 * 1024 * 1024;
/// Seconds that a configured time limit may have: 31 days.
pub const CONFIG_SECONDS_MAX: f64 = 2_678_400.0;
/// The least `message_bytes` that can be configured; less would not hold the list of one tool.
pub const CONFIG_MESSAGE_BYTES_MIN: u32 = 64 * 1024;
/// The greatest `message_bytes` that can be configured.
pub const CONFIG_MESSAGE_BYTES_MAX: u32 = 1024 * 1024 * 1024;

/// How long an interpreter may take to say what it is.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(10);
/// One step of making `workspace/.venv`: packages may come over a slow line.
pub const INSTALL_TIMEOUT: Duration = Duration::from_secs(600);
/// Between two looks at a lock that another studio holds.
pub const LOCK_RETRY: Duration = Duration::from_millis(200);
/// Last lines of an installer that are kept for a failure.
pub const TOOL_LINES: usize = 8;
/// Bytes of one such line.
pub const TOOL_LINE_BYTES: usize = 2_000;
