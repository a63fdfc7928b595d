//! The table of verbs: the one place where a verb gets its name, its sentence of help and its parameters.
//! The command line takes its help from it; the palette and the MCP face list it.

/// A user verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// As typed: `list-tools`.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// What it takes, in the order of the command line.
    pub parameters: &'static [Parameter],
}

/// A parameter of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in snake case; as an option it is typed with hyphens.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
}

const fn parameter(name: &'static str, help: &'static str) -> Parameter {
    Parameter { name, help }
}

/// Every verb there is, in the order in which help shows them.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "exec",
        help: "Run Python scripts with every configured tool at hand",
        parameters: &[
            parameter("scripts", "The script to run, or several"),
            parameter("jobs", "Run this many of several scripts at once"),
            parameter("sandbox", "How far scripts are confined, instead of as configured"),
            parameter("timeout", "Stop a script after this many seconds (exit code 124)"),
            parameter("cold", "Start a fresh interpreter for each script, even for several"),
            parameter("arguments", "Arguments of the script (sys.argv[1:]), after --"),
        ],
    },
    Operation {
        name: "list-tools",
        help: "List the tools of all servers, or of one",
        parameters: &[parameter("server", "Only this server")],
    },
    Operation {
        name: "call",
        help: "Call one tool and print what it answers",
        parameters: &[
            parameter("tool", "The tool, written server__tool"),
            parameter("arguments", "A JSON object, - to read one from standard input, or key=text and key:=json pairs"),
        ],
    },
    Operation {
        name: "generate",
        help: "Write typed Python wrappers for the tools of all servers, or of some",
        parameters: &[
            parameter("servers", "Only these servers"),
            parameter("check", "Write nothing: show what would change, and exit 1 if anything would"),
            parameter("out", "Write the packages into this folder instead of workspace/servers"),
            parameter("from", "Read a stored tools/list answer from this JSON file instead of asking servers"),
        ],
    },
    Operation {
        name: "discover",
        help: "Call safe tools with the samples of discovery_config.json and write models of their replies",
        parameters: &[parameter("servers", "Only these servers")],
    },
    Operation { name: "health", help: "Look at servers, interpreter, environment, sandbox and paths", parameters: &[] },
    Operation {
        name: "sessions",
        help: "List recorded sessions, newest first",
        parameters: &[parameter("limit", "At most this many")],
    },
    Operation {
        name: "session",
        help: "Execute the steps of a transcript, and exit 1 if one does not go as expected",
        parameters: &[
            parameter("action", "run: execute the file's steps in order"),
            parameter("file", "The transcript, JSON or YAML (docs/sessions.md)"),
        ],
    },
    Operation {
        name: "report",
        help: "Write what a recorded session did",
        parameters: &[
            parameter("session", "The session's id as in sessions, or latest"),
            parameter("format", "The form of the report [default: by the ending of --out, else json]"),
            parameter("out", "Write it into this file instead of standard output"),
        ],
    },
    Operation {
        name: "journal",
        help: "Prove that recorded sessions are still what was written, and exit 1 if one is not",
        parameters: &[
            parameter("action", "verify: read every line and check its hashes"),
            parameter("session", "Only this session, or latest; all when absent"),
        ],
    },
    Operation {
        name: "file-server",
        help: "Serve a folder read-only over MCP on standard input and output",
        parameters: &[parameter("root", "The folder that is served, and nothing outside it")],
    },
];

/// The verb of that name.
pub fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}
