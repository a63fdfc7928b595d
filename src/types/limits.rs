//! Every bound of the program, with its unit and its reason. Configuration may change those that say so.

use std::time::Duration;

/// Characters of a server's name. Longer ones do not fit the tree and make unreadable tool ids.
pub const SERVER_NAME_CHARS: usize = 64;

/// Characters of a name for which a near one is looked for: the comparison takes the product of both lengths.
pub const NAME_COMPARED_CHARS: usize = 256;

/// Bytes of one message from a server. Larger ones fail their call (configurable per server).
pub const MESSAGE_BYTES: usize = 64 * 1024 * 1024;
/// Nesting of one JSON message. `serde_json` itself stops at 128; deeper data is an attack or a defect.
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

/// Bytes of the first line of a catalog file: everything a server offers but its tools.
pub const CACHE_HEADER_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes of the tools in a catalog file.
pub const CACHE_TOOLS_BYTES: u64 = 256 * 1024 * 1024;
/// Characters of a search query that count.
pub const QUERY_CHARS: usize = 256;
/// Bytes of one text that a search looks into.
pub const SEARCHED_BYTES: usize = 1_000;
/// Parameters of one tool that a search looks at.
pub const SEARCHED_PARAMETERS: usize = 100;
/// Names listed in a hint.
pub const SUGGESTED_NAMES: usize = 8;

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
/// A server that keeps saying that its lists change is listed again unasked no sooner than this after the last time.
pub const LIST_FOLLOW_PAUSE: Duration = Duration::from_secs(2);
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

/// Bytes of the text of a tool's error that are kept.
pub const TOOL_ERROR_BYTES: usize = 64 * 1024;
/// Bytes of the content blocks of a tool's error, as JSON, that are handed to the caller; of more, only the text is.
pub const TOOL_CONTENT_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of the error, and of each warning, in a step's record.
pub const STEP_ERROR_BYTES: usize = 400;
/// Warnings in a step's record.
pub const STEP_WARNINGS: usize = 8;

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

/// Files of a folder that are looked through for a name that may have been meant.
pub const LISTED_FILES: usize = 10_000;
/// Bytes of one message on the tool channel between a script and the core.
pub const CHANNEL_MESSAGE_BYTES: usize = 256 * 1024 * 1024;
/// Calls of one script that may be under way at once; further ones wait.
pub const CALLS_IN_FLIGHT: usize = 256;
/// From SIGINT to the nudge of a script that it met right before a system call that waits.
pub const INTERRUPT_NUDGE: Duration = Duration::from_millis(5);
/// From that nudge to the second one, and to the cancelling of calls that the script has not withdrawn itself.
pub const INTERRUPT_LEAD: Duration = Duration::from_millis(95);
/// From SIGINT to SIGTERM when a script is interrupted.
pub const INTERRUPT_GRACE: Duration = Duration::from_millis(1_000);
/// From SIGTERM to SIGKILL when a script is interrupted.
pub const KILL_GRACE: Duration = Duration::from_millis(500);
/// How long the pipes of a script that has ended are still read when something else holds them open.
pub const DRAIN_TIMEOUT: Duration = Duration::from_millis(200);
/// Bytes of frames that wait for a script and are written to it at once.
pub const CHANNEL_BATCH_BYTES: usize = 256 * 1024;
/// How long the calls of a script that has ended may take to record that they were cancelled.
pub const CALLS_CANCEL_GRACE: Duration = Duration::from_millis(1_000);
/// Bytes of captured output that are kept from its beginning, of each stream.
pub const CAPTURE_HEAD_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of captured output that are kept from its end, of each stream.
pub const CAPTURE_TAIL_BYTES: usize = 4 * 1024 * 1024;
/// Bytes that are still read from a pipe that something left behind keeps filling: what Linux allows a pipe to hold.
pub const DRAIN_BYTES: usize = 1024 * 1024;
/// Bytes of one line of a full copy of output that are masked as one.
pub const FULL_COPY_LINE_BYTES: usize = 256 * 1024;
/// Sessions whose full copies of long output are kept.
pub const OUTPUT_KEPT_SESSIONS: usize = 20;
/// Bytes of full copies of long output that are kept beside those of the current session.
pub const OUTPUT_KEPT_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// How long full copies of long output are kept.
pub const OUTPUT_KEPT_DAYS: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How long the interpreter may take to compile our own modules.
pub const COMPILE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the process of a script that has said its end may take to end.
pub const LEAVE_GRACE: Duration = Duration::from_millis(50);
/// Bytes read from a script's output at once.
pub const OUTPUT_READ_BYTES: usize = 64 * 1024;
/// Characters of one `log` message of a script.
pub const LOG_CHARACTERS: usize = 16 * 1024;
/// Sessions that one list tells of.
pub const SESSIONS_LISTED: usize = 100_000;
/// Tools that one search answers; `_HITS` in `mcp_execution`.
pub const SEARCH_HITS: usize = 1_000;
/// Scripts of one studio that run at once; further ones wait.
pub const RUNS_AT_ONCE: usize = 64;
/// Idle children that the fork server keeps ready.
pub const WARM_CHILDREN: usize = 2;
/// From taking an idle child to forking the next: forking beside a starting run would delay it.
pub const REFILL_DELAY: Duration = Duration::from_millis(2);
/// From the start of the fork server until it is ready. Importing pydantic from a cold disk takes seconds.
pub const FORK_SERVER_TIMEOUT: Duration = Duration::from_secs(20);
/// From asking the fork server for a child to having it.
pub const FORK_TIMEOUT: Duration = Duration::from_secs(5);
/// Compiled scripts that are kept.
pub const CODE_CACHE_ENTRIES: usize = 64;
/// Bytes of one compiled script that is kept, as base64.
pub const CODE_CACHE_BYTES: usize = 4 * 1024 * 1024;
/// From one look at a script's memory to the next.
pub const SAMPLE_INTERVAL: Duration = Duration::from_millis(200);
/// Age of a studio's temporary folder without a lock at which nobody is still about to lock it.
pub const SCRATCH_WITHOUT_LOCK: Duration = Duration::from_secs(60);
/// Descriptors a process of a script may have open (configurable).
pub const SCRIPT_DESCRIPTORS: u64 = 4_096;
/// Bytes of each file that a script writes.
pub const SCRIPT_FILE_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// Bytes that a script writes to files, all together (configurable).
pub const SCRIPT_WRITTEN_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// Files and folders that a script makes (configurable).
pub const SCRIPT_FILES: u64 = 100_000;
/// Looks at a run's processes for each count of its files, which costs more.
pub const LOOKS_PER_COUNT: u64 = 5;
/// How far the time that a file carries may lie before the time it was made at: file systems read a clock that ticks.
pub const FILE_TIME_LAG: Duration = Duration::from_millis(10);
/// Folders that are made for runs ahead of need.
pub const SPARE_SCRATCH: usize = 2;
/// Files and folders looked at in one such count.
pub const TRACES_LOOKED_AT: usize = 500_000;
/// Memory of all processes of a script together (configurable).
pub const SCRIPT_MEMORY_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// How much later than we the kernel ends a process that has used up its processor time.
pub const CPU_SLACK: Duration = Duration::from_secs(2);
/// Bytes a script may write to standard output and standard error together (configurable).
pub const SCRIPT_OUTPUT_BYTES: u64 = 1024 * 1024 * 1024;
/// The least memory that can be configured; an interpreter with its packages takes a good part of it.
pub const CONFIG_MEMORY_BYTES_MIN: u32 = 128 * 1024 * 1024;
/// The fewest descriptors that can be configured; an interpreter at its start has a dozen open.
pub const CONFIG_OPEN_FILES_MIN: u32 = 32;
/// The greatest number of bytes, files or processes that can be configured for scripts: 1 TiB.
pub const CONFIG_COUNT_MAX: f64 = 1_099_511_627_776.0;
/// Processes a script may have at once, itself included (configurable).
pub const SCRIPT_PROCESSES: u64 = 512;
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
/// Saved calls that are listed.
pub const SAVED_CALLS: usize = 500;
/// Bytes of the name of a saved call: it is the name of a file.
pub const SAVED_NAME_BYTES: usize = 100;
/// How often the open script's file, and the folders of scripts and saved calls, are looked at for changes by others.
pub const SCRIPT_WATCH: Duration = Duration::from_millis(150);
/// How often it is looked whether generated wrappers are out of date.
pub const WRAPPERS_WATCH: Duration = Duration::from_secs(1);
/// Steps of a run that its summary draws in time, the latest ones; more is not read.
pub const WATERFALL_STEPS: usize = 1_000;
/// Bars of a run's memory in its summary at the most; then every second one goes.
pub const MEMORY_SAMPLES: usize = 40;
/// How often shown wire traffic is fetched anew.
pub const TRAFFIC_REFRESH: Duration = Duration::from_millis(250);
/// Call forms whose text is kept while other tools are shown.
pub const FORMS_KEPT: usize = 50;
/// Calls and runs of earlier sessions that are listed; each takes about 2 KiB while the list is open.
pub const HISTORY_ENTRIES: usize = 5_000;
/// Bytes of journals read for that list; the one that passes it is read to its end.
pub const HISTORY_BYTES: u64 = 64 * 1024 * 1024;
/// Calls by hand whose exact arguments are kept in memory, so that they can be opened again unmasked.
pub const SENT_CALLS: usize = 200;
/// How long a shell command may take that gets a result.
pub const PIPE_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes kept of each stream of such a command.
pub const PIPE_OUTPUT_BYTES: u64 = 4 * 1024 * 1024;
/// Places kept to go back to.
pub const TRAIL_SPOTS: usize = 100;

/// Entries of one answer of the embedded file server, and files one search or count looks at.
pub const FILES_ENTRIES: usize = 10_000;
/// Folders below the starting one that the embedded file server descends. Each holds a descriptor.
pub const FILES_DEPTH: usize = 32;
/// Bytes of text in one answer of the embedded file server.
pub const FILES_TEXT_BYTES: usize = 1024 * 1024;
/// Matches in one answer of the embedded file server.
pub const FILES_MATCHES: usize = 1_000;
/// Bytes of a line that are searched; the rest of a longer one is passed over.
pub const FILES_LINE_BYTES: usize = 64 * 1024;
/// Characters of a matching line that are shown.
pub const FILES_LINE_CHARS: usize = 300;
/// Bytes of a compiled search expression.
pub const FILES_PATTERN_BYTES: usize = 1024 * 1024;
/// Bytes at the head of a file that tell text from binary.
pub const FILES_PROBE_BYTES: usize = 8 * 1024;
/// Least time between two progress notifications of one call of the embedded file server.
pub const FILES_PROGRESS_PAUSE: Duration = Duration::from_millis(50);

/// From a request to end everything until nothing of ours is left, whatever does not answer.
pub const SHUTDOWN: Duration = Duration::from_secs(3);
/// The part of [`SHUTDOWN`] that runs and the fork server may use; servers get the rest.
pub const SHUTDOWN_RUNS: Duration = Duration::from_millis(1_000);
/// Days of log files that are kept.
pub const LOG_FILES: usize = 7;
/// Bytes of a stored `tools/list` dump.
pub const DUMP_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes of arguments read from standard input.
pub const ARGUMENT_BYTES: u64 = 64 * 1024 * 1024;
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
/// Rows that a table takes from a list of objects to find its columns and their widths.
pub const TABLE_SAMPLE_ROWS: usize = 1_000;
/// Columns of a table; further keys are named in a last column.
pub const TABLE_COLUMNS: usize = 32;
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
/// Characters of a generated Python name. With its suffix and `.py` it stays a file name everywhere.
pub const IDENTIFIER_CHARS: usize = 60;
/// Nesting of a tool's schema that is typed; below it everything is JSON.
pub const TYPED_DEPTH: usize = 24;
/// Subschemas that are read for one wrapper; what comes later is JSON.
pub const SCHEMA_NODES: usize = 10_000;
/// Branches of an `anyOf` or `oneOf`, with those within them, that are told apart at one place of a schema.
pub const SCHEMA_COMBINATIONS: usize = 64;
/// The same where several lists of alternatives hold at once and every combination is a type of its own.
pub const SCHEMA_PRODUCT: usize = 16;
/// Remarks kept of one schema.
pub const SCHEMA_NOTES: usize = 50;
/// Values of one `enum` that are spelled out as a `Literal`.
pub const LITERAL_VALUES: usize = 500;
/// Characters of a description that are kept in a docstring.
pub const DOCSTRING_CHARS: usize = 20_000;
/// Rows of a JSON tree that are open when it is first shown.
pub const TREE_ROWS_OPENED: usize = 200;
/// Rows of a JSON tree that can be open at once. Opening more is refused, and said.
pub const TREE_ROWS: usize = 1_000_000;
/// Bytes of Markdown that are rendered; longer texts are shown as they are.
pub const MARKDOWN_BYTES: usize = 256 * 1024;
/// Bytes of a tool's signature. Agents pay for every one; what is longer is cut, and says so.
pub const SIGNATURE_BYTES: usize = 16 * 1024;

/// Scripts of agents that run at once; further ones wait.
pub const SERVE_SCRIPTS: usize = 16;
/// Scripts of agents that may wait for a place; further ones are refused.
pub const SERVE_WAITING: usize = 128;
/// Calls that agents may make at once after a pause.
pub const SERVE_BURST: u32 = 200;
/// Calls a second that agents may make in the long run.
pub const SERVE_CALLS_PER_SECOND: u32 = 20;
/// The longest an agent's script may run where the configuration names no limit, and what holds if the agent names none.
pub const SERVE_SCRIPT_TIMEOUT: Duration = Duration::from_secs(600);
/// Bytes of one request to the HTTP door: a script of the greatest length, escaped, and its context.
pub const SERVE_REQUEST_BYTES: usize = 32 * 1024 * 1024;
/// Arguments of an agent's script.
pub const SERVE_ARGUMENTS: usize = 1_000;
/// Bytes of an agent's script's output that are answered from its beginning, of each stream.
pub const SERVE_HEAD_BYTES: usize = 4 * 1024;
/// Bytes of an agent's script's output that are answered from its end, of each stream.
pub const SERVE_TAIL_BYTES: usize = 8 * 1024;
/// Bytes of a script's value that are answered; a larger one is counted only. Agents have small contexts.
pub const SERVE_VALUE_BYTES: u64 = 64 * 1024;
/// Bytes of a traceback that are answered.
pub const SERVE_TRACEBACK_BYTES: usize = 8 * 1024;
/// Hits of one search of an agent.
pub const SERVE_HITS: usize = 100;
/// Steps of a run that are named one by one in its answer, failed ones first.
pub const SERVE_STEPS_NAMED: usize = 20;
/// Bytes of a line of output within a progress message.
pub const SERVE_LINE_BYTES: usize = 200;
/// Between two looks at a run for progress.
pub const SERVE_PROGRESS_PAUSE: Duration = Duration::from_millis(100);
/// Resources in one page of a list.
pub const SERVE_PAGE: usize = 100;
/// Reports of sessions in the list of resources, newest first.
pub const SERVE_REPORTS: usize = 20;
/// Bytes of a report that an agent reads; the file has all.
pub const SERVE_REPORT_BYTES: usize = 128 * 1024;
/// Idle time after which an HTTP session is closed. Longer than any script runs without a word.
pub const SERVE_SESSION_IDLE: Duration = Duration::from_secs(3_600);
/// Characters that a bearer token has at the least.
pub const SERVE_TOKEN_CHARS: usize = 16;

/// Characters of a piece of text whose fingerprint is kept to follow data from sources to sinks.
pub const FLOW_GRAM_CHARS: usize = 12;
/// Characters in a row, white space aside, that are certainly found again.
pub const FLOW_CERTAIN_CHARS: usize = 19;
/// Characters of a whole value that is found again though it is shorter than a piece.
pub const FLOW_VALUE_CHARS: usize = 8;
/// Bytes of text of one result that are fingerprinted: about a millisecond. What is beyond makes sinks ask.
pub const FLOW_TEXT_BYTES: usize = 256 * 1024;
/// Fingerprints kept of one run: 8 MiB at the most. What is beyond makes sinks ask.
pub const FLOW_PRINTS: usize = 400_000;
/// The greatest number of steps, calls or tokens that a policy can name: numbers up to it are exact.
pub const POLICY_COUNT_MAX: f64 = 1.0e15;
/// Characters of a payload's preview in a record.
pub const PREVIEW_CHARS: usize = 200;
/// Characters of a payload's shape in a record.
pub const SHAPE_CHARS: usize = 400;
/// Levels of a payload's shape that are described.
pub const SHAPE_DEPTH: usize = 4;
/// Bytes of a payload's compact JSON up to which the whole is masked and hashed: some milliseconds. Of a larger one the
/// beginning is masked, which is all that a record keeps of it.
pub const MASKED_BYTES: u64 = 256 * 1024;
/// Bytes of a payload's text that the levels `full` and `raw` keep, so that two of them fit a line of the journal.
pub const RECORDED_BYTES: usize = 64 * 1024;
/// Bytes of one text looked at where only its beginning is recorded, beside the longest secret.
pub const MASKED_HEAD_BYTES: usize = 16 * 1024;
/// Encodings one within the other that masking looks through: base64 in percent encoding in JSON text.
pub const MASKED_LAYERS: usize = 3;
/// Bytes that looking through encodings may produce, in multiples of the text. What would go beyond is masked unseen.
pub const MASKED_DECODED: usize = 16;
/// Bytes of one encoded run that is tried at each of its four alignments; a longer one at the first only.
pub const MASKED_RUN_BYTES: usize = 4 * 1024;
/// Times that a text is masked until nothing is found in it. What still has something then is masked whole.
pub const MASKED_PASSES: usize = 4;
/// Bytes of a value of a server's environment or headers that is masked wherever it stands. Shorter ones are ordinary words.
pub const SECRET_BYTES_MIN: usize = 6;
/// The same for a value whose name says that it is a secret.
pub const SECRET_NAMED_BYTES_MIN: usize = 4;
/// Bytes of a known secret that is looked for as a whole; a longer one is looked for in pieces of this size.
pub const SECRET_BYTES_MAX: usize = 4 * 1024;

/// A call up to here feels like no wait.
pub const LATENCY_INSTANT: Duration = Duration::from_millis(100);
/// A call up to here does not break a train of thought.
pub const LATENCY_FAST: Duration = Duration::from_secs(1);
/// A call up to here still holds attention.
pub const LATENCY_NORMAL: Duration = Duration::from_secs(10);
/// Bytes of a transcript file.
pub const TRANSCRIPT_BYTES: u64 = 8 * 1024 * 1024;
/// Steps of a transcript.
pub const TRANSCRIPT_STEPS: usize = 10_000;
/// Bytes that the references in one step of a transcript may stand for.
pub const TRANSCRIPT_RESOLVED_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes of the results of one transcript that later steps can refer to.
pub const TRANSCRIPT_KEPT_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of one reason why a step of a transcript failed.
pub const REASON_BYTES: usize = 400;
/// Reasons kept of one step of a transcript.
pub const STEP_REASONS: usize = 16;
/// Tools named in the record of what a server offered, so that it fits a line of the journal; the rest is counted.
pub const SEEN_TOOLS: usize = 1_000;
/// Characters of one tool's name in that record.
pub const SEEN_TOOL_CHARS: usize = 200;
/// Events of a journal that a report is made of: some 2 GB of memory would be needed for more.
pub const REPORT_EVENTS: u64 = 1_000_000;
/// Steps shown in the HTML, Markdown and JUnit reports; JSON and the workbook have all. Browsers take no more at ease.
pub const REPORT_STEPS_SHOWN: usize = 5_000;
/// Characters of one cell of a workbook: what Excel takes.
pub const CELL_CHARS: usize = 32_767;
/// Interpreters whose answers are remembered for a project. More only come from a machine that changes them often.
pub const INTERPRETERS_REMEMBERED: usize = 20;
/// Bytes of one line or word of a known secret that is masked also without the rest.
pub const SECRET_LINE_BYTES: usize = 16;

/// Calls that may wait for a person at once; further ones are refused.
pub const QUESTIONS_OPEN: usize = 1_000;
/// Approvals kept until their runs are over.
pub const GRANTS_KEPT: usize = 10_000;
/// Runs whose use of steps, time and tokens is remembered; far more than run at once.
pub const LEDGER_RUNS: usize = 1_000;
/// Tools that the context ledger of a session has a line for; the calls of further ones are in its sums.
pub const LEDGER_TOOLS: usize = 10_000;
/// Texts that may wait for the tokenizer; further ones keep their estimate.
pub const COUNTED_QUEUE: usize = 1_024;
/// Bytes of the texts that may wait for the tokenizer; further ones keep their estimate.
pub const COUNTED_QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of the texts of one call, or of one run, that the tokenizer counts; longer ones keep their estimate.
pub const COUNTED_BYTES: usize = 8 * 1024 * 1024;
/// Bytes that the tokenizer takes at once: its expression backtracks once for each character of a word at the worst.
pub const COUNTED_PIECE_BYTES: usize = 32 * 1024;
/// How long the end of a studio, and `exec --json`, wait for the tokenizer.
pub const COUNTED_WAIT: Duration = Duration::from_secs(2);
/// Ended spans that may wait for the collector; further ones are dropped and counted.
pub const TELEMETRY_QUEUE: usize = 2_048;
/// Spans of one request to the collector.
pub const TELEMETRY_BATCH: usize = 512;
/// How long spans gather before they are sent.
pub const TELEMETRY_PAUSE: Duration = Duration::from_secs(1);
/// How long the collector may take for one request.
pub const TELEMETRY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the end of a studio waits for the collector.
pub const TELEMETRY_FLUSH: Duration = Duration::from_secs(2);
/// Bytes of the collector's answer.
pub const TELEMETRY_ANSWER_BYTES: usize = 64 * 1024;
/// Characters of a name of a tool, script or transcript in a span.
pub const TELEMETRY_NAME_CHARS: usize = 200;
/// Runs and transcripts whose spans are open at once.
pub const TELEMETRY_WORK: usize = 1_000;
/// Tools with counters of their own for monitoring; further ones share a line for each server.
pub const METRIC_TOOLS: usize = 500;
/// Characters of a name in the counters.
pub const METRIC_LABEL_CHARS: usize = 120;
/// Latest sessions that `health` looks at for crashed ones.
pub const HEALTH_SESSIONS: usize = 100;
/// Private or untrusted steps of one run that a reason can name.
pub const FLOW_SOURCES: usize = 10_000;
/// Answers kept for equal later calls.
pub const REUSE_ENTRIES: usize = 256;
/// Bytes of one such answer.
pub const REUSE_BYTES: u64 = 256 * 1024;
/// Bytes of the file of pins.
pub const PINS_BYTES: u64 = 256 * 1024 * 1024;
/// The greatest number of calls of a rate; the times of that many are kept.
pub const RATE_CALLS_MAX: f64 = 100_000.0;
/// Fields told by name that keep theirs because another of the same object has the new one; the others are counted.
pub const NORMALIZE_COLLISIONS_TOLD: usize = 8;
/// Keys from which an object of like values is taken for a map in discovered types.
pub const DISCOVERY_MAP_KEYS: usize = 20;
/// Fields of a discovered model; an object with more is a map.
pub const DISCOVERY_FIELDS: usize = 200;
/// Texts of a closed set in discovered types; a place with more takes any text.
pub const DISCOVERY_LITERALS: usize = 8;
/// Characters of a text in such a set.
pub const DISCOVERY_LITERAL_CHARS: usize = 40;
/// Times that texts of such a set must have been seen together: fewer say nothing.
pub const DISCOVERY_LITERALS_SEEN: u64 = 4;
/// Sample arguments kept with a discovered type.
pub const DISCOVERY_ARGUMENTS: usize = 8;
/// Bytes of `discovery_config.json` and of what was discovered of one server.
pub const DISCOVERY_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes of a table of expected decisions.
pub const POLICY_TESTS_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes of readable text in a value that guardrails look at; of more, the beginning, and `size.bytes` says so.
pub const GUARDED_TEXT_BYTES: usize = 1024 * 1024;
/// Bytes of arguments at which the guardrail `size.bytes` scores 1 (configurable).
pub const GUARDED_ARGUMENT_BYTES: u64 = 1024 * 1024;
/// The same for a result (configurable).
pub const GUARDED_RESULT_BYTES: u64 = 16 * 1024 * 1024;
/// Judgements of guardrails that are kept to be used again.
pub const SIGNALS_KEPT: usize = 4_096;
/// Signals, and kinds of spans in each, of one answer of an external guardrail.
pub const PROVIDER_SIGNALS: usize = 32;
/// Characters of a metric or kind in such an answer.
pub const PROVIDER_WORD_CHARS: usize = 64;
/// Texts judged at once before a script begins: each may start a program outside.
pub const PREFLIGHT_AT_ONCE: usize = 8;
/// Texts named in the record of one preflight, so that it fits a line of the journal; the rest is counted.
pub const PREFLIGHT_SUBJECTS: usize = 200;
/// Longest time for the answer of an external guardrail (configurable).
pub const PROVIDER_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of the answer of an external guardrail.
pub const PROVIDER_ANSWER_BYTES: usize = 256 * 1024;

/// Command lines that one studio serves at once; further ones help themselves.
pub const CLIENTS_AT_ONCE: usize = 64;
/// Time in which a studio says whether it serves a command line; after that the command line helps itself.
pub const CLIENT_HANDSHAKE: Duration = Duration::from_secs(1);
/// Bytes of what a command line asks for: arguments of a call from standard input, escaped, and its environment.
pub const CLIENT_REQUEST_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of one piece of output on its way to a command line.
pub const CLIENT_FRAME_BYTES: usize = 64 * 1024;
/// Pieces of a script's output that wait for a command line; then the script waits.
pub const CLIENT_FRAMES_WAITING: usize = 4;
/// Between two looks at what there is to narrate.
pub const NARRATION_INTERVAL: Duration = Duration::from_millis(20);
/// Bytes of narration that wait for a command line; further lines are dropped. Data is never dropped.
pub const CLIENT_NARRATION_BYTES: usize = 256 * 1024;
/// Requests to stop that may wait; the ladder of an interrupted script has fewer steps.
pub const CLIENT_STOPS: usize = 8;
/// Idle time after which `mcp-studio daemon` ends, in seconds (`--idle`).
pub const DAEMON_IDLE_SECONDS: f64 = 1_800.0;
/// Wrappers and models kept as screens showed them, so that a key press makes none anew.
pub const SHOWN_KEPT: usize = 64;

/// Time for all that `mcp-studio bench` measures; with starts and ends between, it takes about 20 s.
pub const BENCH_SPAN: Duration = Duration::from_secs(18);
/// The same with `--quick`.
pub const BENCH_QUICK: Duration = Duration::from_secs(4);
/// Times that a quantity is measured at least, however long that takes.
pub const BENCH_FEWEST: usize = 3;
/// Times that a quantity is measured at the most.
pub const BENCH_MOST: usize = 5_000;
/// Calls of a tool of one's own that are measured: each is in the record.
pub const BENCH_OWN_CALLS: usize = 200;
/// Calls in flight at once where that is measured.
pub const BENCH_IN_FLIGHT: usize = 32;
/// Between two warm runs, as of a person: the fork server has its next child ready again.
pub const BENCH_PAUSE: Duration = Duration::from_millis(20);
/// Time for one script of the benchmark, and beyond its share for one part of it: what hangs is left out.
pub const BENCH_RUN_LIMIT: Duration = Duration::from_secs(10);
