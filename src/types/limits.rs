//! Every bound of the program, with its unit and its reason. Configuration may change those that say so.

use std::time::Duration;

/// Characters of a server's name. Longer ones do not fit the tree and make unreadable tool ids.
pub const SERVER_NAME_CHARS: usize = 64;

/// Bytes of one message from a server. Larger ones fail their call (configurable per server).
pub const MESSAGE_BYTES: usize = 64 * 1024 * 1024;
/// Nesting of one JSON message. serde_json itself stops at 128; deeper data is an attack or a defect.
pub const MESSAGE_DEPTH: usize = 100;
/// Bytes at either end of a bad message that are searched for its request id.
pub const ID_SEARCH_BYTES: usize = 512;
/// Bytes of a server's stderr that are kept.
pub const STDERR_BYTES: usize = 256 * 1024;
/// Last stderr lines shown with a failure.
pub const STDERR_SHOWN_LINES: usize = 8;
/// Messages of wire traffic kept per server.
pub const TRAFFIC_MESSAGES: usize = 500;
/// Bytes kept of one message of wire traffic.
pub const TRAFFIC_MESSAGE_BYTES: usize = 16 * 1024;
/// Pages of one list request. A server that goes on for ever is cut here and reported.
pub const LIST_PAGES: usize = 200;
/// Tools of one server that are kept.
pub const TOOLS_PER_SERVER: usize = 20_000;

/// From starting a server to its first answer. uvx may have to download a package first.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);
/// Whole time of one tool call (configurable).
pub const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// A call without any progress notification for this long has failed (configurable).
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// From closing a server's stdin to SIGTERM of its tree.
pub const CLOSE_GRACE: Duration = Duration::from_millis(500);
/// From SIGTERM to SIGKILL of its tree. With [`CLOSE_GRACE`] this stays below 3 s.
pub const TERM_GRACE: Duration = Duration::from_millis(1_500);
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

/// Tool definitions whose compiled schemas are kept. Beyond it the oldest is compiled anew on its next call.
pub const SCHEMAS_KEPT: usize = 1_024;
/// Subschemas that one check may visit, references followed. Real tools stay below 2,000.
pub const SCHEMA_WORK: u64 = 20_000;
/// Nesting of subschemas, references followed, times levels of the value where a schema refers to itself.
/// The validator recurses; 1,000 levels fit a stack of 2 MiB.
pub const SCHEMA_DEPTH: u64 = 500;
/// Visits of subschemas that checking one value may take in the worst case: about half a second.
pub const SCHEMA_VISITS: u64 = 50_000_000;
/// Backtracking steps of one `pattern` with look-around. Other patterns run in linear time.
pub const PATTERN_STEPS: usize = 10_000;
/// Bytes of one compiled `pattern`.
pub const PATTERN_BYTES: usize = 1024 * 1024;
/// Faults of a call's arguments that are named.
pub const FAULTS_NAMED: usize = 8;
/// Characters of one text out of a schema (a pattern, an enumeration) within a message.
pub const EXPECTATION_CHARS: usize = 120;

/// Steps the board keeps for the screen. The journal keeps all.
pub const BOARD_STEPS: usize = 10_000;
/// Lines of output the board keeps for each run.
pub const BOARD_OUTPUT_LINES: usize = 10_000;
/// Bytes of one output line the board keeps; longer lines are cut and marked.
pub const BOARD_LINE_BYTES: usize = 16 * 1024;
/// Bytes of output lines the board keeps for each run.
pub const BOARD_OUTPUT_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of output lines the board keeps for all runs together; the oldest run's go first.
pub const BOARD_OUTPUT_BYTES_ALL: usize = 64 * 1024 * 1024;
/// Bytes of output folded in under one lock of the board, so that a frame never waits for a flood.
pub const OUTPUT_PIECE_BYTES: usize = 8 * 1024;
/// Characters of an escape sequence in a script's output. Colours need about 20; longer ones are shown as text.
pub const ESCAPE_CHARS: usize = 64;
/// Latest latencies kept for a sparkline.
pub const RECENT_LATENCIES: usize = 64;
/// Bytes of a progress message the board shows.
pub const PROGRESS_BYTES: usize = 200;
/// Bytes of one notice.
pub const NOTICE_BYTES: usize = 8 * 1024;
/// Runs the board keeps.
pub const BOARD_RUNS: usize = 100;
/// Notices (warnings, life-cycle lines) the board keeps.
pub const BOARD_NOTICES: usize = 500;

/// Bytes of one line of the journal. Records are small; a longer line is not ours.
pub const JOURNAL_LINE_BYTES: usize = 1024 * 1024;
/// Bytes at the end of a journal that are read to see how it ended.
pub const JOURNAL_TAIL_BYTES: u64 = 4 * 1024;
/// Bytes of a journal that was not closed that are read to count its steps for a list.
pub const JOURNAL_SCAN_BYTES: u64 = 16 * 1024 * 1024;

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
/// Keys, pastes and mouse events between the terminal's reader and the screen. A full queue makes the reader wait
/// (the terminal keeps the rest), so nothing is lost.
pub const FRONT_EVENTS: usize = 1_024;
/// Bytes a frame is collected in before it is written at once.
pub const FRAME_BYTES: usize = 64 * 1024;
/// How often elapsed times are painted while something runs.
pub const ELAPSED_TICK: Duration = Duration::from_millis(100);
/// How often the open script's file is looked at for changes by other programs.
pub const SCRIPT_WATCH: Duration = Duration::from_millis(150);
/// How often shown wire traffic is fetched anew.
pub const TRAFFIC_REFRESH: Duration = Duration::from_millis(250);
/// Places kept to go back to.
pub const TRAIL_SPOTS: usize = 100;
/// Lines of a call's answer that are made ready to be shown; the rest is counted and said.
pub const SHOWN_LINES: usize = 200_000;

/// Syntax-tree levels a parse may reach on the stack it was called on; ruff itself grows its stack, dropping a tree does not.
pub const PARSE_STACK_LEVELS_AT_HAND: usize = 1_000;
/// Stack for one level of a syntax tree, walked or dropped, with room to spare in a debug build.
pub const PARSE_STACK_BYTES_PER_LEVEL: usize = 1_024;
/// Words and signs of a script that is still parsed: 20,000 full lines. The stack for them is reserved, not used.
pub const PARSE_STACK_LEVELS: usize = 512 * 1024;
/// Syntax errors reported of one script. The first few matter; the rest are echoes.
pub const SYNTAX_ERRORS: usize = 100;

/// Lines of a script that can be edited; larger files open read-only, in the viewer's speed.
pub const EDITOR_LINES: usize = 20_000;
/// Characters of one line that can be edited. The text area's jumps stop at 65,535.
pub const EDITOR_LINE_CHARS: usize = 60_000;
/// Single edits the editor can undo; typing a character is one.
pub const EDITOR_HISTORY: usize = 10_000;
/// Columns from one tab stop to the next, on screen only.
pub const TAB_COLUMNS: usize = 4;
/// Bytes of a line that the viewer shows as one; longer lines go on in the next row, marked, so that no row costs more.
pub const VIEW_LINE_BYTES: usize = 4_096;
/// Matches that a search counts; the count of more is shown with a plus sign.
pub const SEARCH_MATCHES: usize = 10_000;
/// Lines that syntect colours; what follows stays plain. It needs about 20 microseconds a line.
pub const HIGHLIGHTED_LINES: usize = 5_000;
/// Rows that a table takes from a list of objects to find its columns and their widths.
pub const TABLE_SAMPLE_ROWS: usize = 1_000;
/// Columns of a table; further keys are named in a last column.
pub const TABLE_COLUMNS: usize = 32;
