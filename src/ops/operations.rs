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
            parameter("stdin", "Read standard input of each script from this file"),
            parameter("cold", "Start a fresh interpreter for each script, even for several"),
            parameter("approve", "Answer every question of the policy with yes"),
            parameter("record", "How much is recorded of arguments and results, instead of as configured; raw records secrets"),
            parameter("arguments", "Arguments of the script (sys.argv[1:]), after --"),
        ],
    },
    Operation {
        name: "list-tools",
        help: "List the tools of all servers, or of one",
        parameters: &[
            parameter("server", "Only this server"),
            parameter("detail", "How much of each tool is told: name, summary, signature or schema"),
        ],
    },
    Operation {
        name: "call",
        help: "Call one tool and print what it answers",
        parameters: &[
            parameter("tool", "The tool, written server__tool"),
            parameter("arguments", "A JSON object, - to read one from standard input, or key=text and key:=json pairs"),
            parameter("approve", "Answer every question of the policy with yes"),
            parameter("record", "How much is recorded of arguments and results, instead of as configured; raw records secrets"),
        ],
    },
    Operation {
        name: "search",
        help: "Find tools of all servers by words in their names, titles, descriptions and parameters",
        parameters: &[
            parameter("query", "Words to look for; none finds every tool"),
            parameter("server", "Only tools of this server"),
            parameter("detail", "How much of each tool is told: name, summary, signature or schema"),
            parameter("limit", "At most this many"),
        ],
    },
    Operation {
        name: "get-tool",
        help: "Show one tool: its compact signature, or its whole schema",
        parameters: &[
            parameter("tool", "The tool, written server__tool"),
            parameter("detail", "How much of it is told: name, summary, signature or schema"),
        ],
    },
    Operation {
        name: "list-resources",
        help: "List the resources and resource templates of all servers, or of one",
        parameters: &[parameter("server", "Only this server")],
    },
    Operation {
        name: "read-resource",
        help: "Read a resource of a server",
        parameters: &[parameter("server", "The server that offers it"), parameter("uri", "The resource, as the server lists it")],
    },
    Operation {
        name: "list-prompts",
        help: "List the prompts of all servers, or of one, with their arguments",
        parameters: &[parameter("server", "Only this server")],
    },
    Operation {
        name: "get-prompt",
        help: "Fill in a prompt of a server",
        parameters: &[
            parameter("server", "The server that offers it"),
            parameter("prompt", "Its name, as the server lists it"),
            parameter("arguments", "A JSON object, - to read one from standard input, or key=text pairs"),
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
        name: "bench",
        help: "Measure on this machine what runs, calls and frames cost, or one read-only tool",
        parameters: &[
            parameter("tool", "Measure this tool of the project, written server__tool, instead of the studio"),
            parameter(
                "arguments",
                "What the tool is called with: a JSON object, - to read one from standard input, or key=text pairs",
            ),
            parameter("quick", "Take about 5 seconds instead of 20"),
            parameter("approve", "Answer every question of the policy with yes"),
        ],
    },
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
            parameter("approve", "Answer every question of the policy with yes"),
            parameter("record", "How much is recorded of arguments and results, instead of as configured; raw records secrets"),
        ],
    },
    Operation {
        name: "steps",
        help: "List the tool calls of a recorded session",
        parameters: &[parameter("session", "The session's id as in sessions, or latest")],
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
        name: "policy",
        help: "Show what guards calls, say what is decided about one, or test a table of expected decisions",
        parameters: &[
            parameter(
                "action",
                "show: rules, limits, guardrails and tools; explain: say what is decided about a call, and why; \
                 test: compare a file, exit 1 on a difference",
            ),
            parameter("target", "For explain the tool, written server__tool; for test the file (docs/policy.md)"),
            parameter("arguments", "Arguments of the call to explain, as for call"),
        ],
    },
    Operation {
        name: "pins",
        help: "Compare servers and tools with what they were when they were first used",
        parameters: &[
            parameter(
                "action",
                "list everything; diff: show what has changed; approve: accept it as it is now; forget: pin it anew at its next use",
            ),
            parameter(
                "targets",
                "Only these: a server with all that is its, server/instructions, server/prompts/name, or a tool written server__tool",
            ),
        ],
    },
    Operation {
        name: "traffic",
        help: "Show what went over the wire to and from a server lately: of a running studio, else of connecting it now",
        parameters: &[parameter("server", "The server")],
    },
    Operation {
        name: "serve",
        help: "Serve this project to agents over MCP: search tools, read them, run scripts",
        parameters: &[
            parameter("http", "Listen on this address (Streamable HTTP, path /mcp) instead of standard input and output"),
            parameter("allow_host", "Accept requests for this host name too (--http)"),
            parameter("allow_origin", "Accept requests of web pages of this origin (--http); none otherwise"),
            parameter("metrics", "Show counters for Prometheus at /metrics, to whoever may come in (--http)"),
        ],
    },
    Operation {
        name: "daemon",
        help: "Keep a studio of this project running for calls, scripts and searches",
        parameters: &[
            parameter("stop", "End the one that runs"),
            parameter("status", "Tell of the one that runs; exit 1 where none does"),
            parameter("idle", "End after this many seconds without use"),
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

/// A verb as agents have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentTool {
    /// Its name in [`OPERATIONS`].
    pub operation: &'static str,
    /// Its name as an MCP tool of `mcp-studio serve`.
    pub tool: &'static str,
}

/// Every verb that agents have, in the order of [`OPERATIONS`]. The server takes names and sentences from here.
pub const AGENT_TOOLS: &[AgentTool] = &[
    AgentTool { operation: "exec", tool: "execute_script" },
    AgentTool { operation: "search", tool: "search_tools" },
    AgentTool { operation: "get-tool", tool: "get_tool" },
    AgentTool { operation: "generate", tool: "generate_wrappers" },
    AgentTool { operation: "discover", tool: "discover_schemas" },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Verbs that agents do not have, each for a reason.
    const WITHHELD: &[(&str, &str)] = &[
        ("list-tools", "search_tools without words lists them, of all servers or of one"),
        ("call", "a result would go through the agent's context: scripts call tools"),
        ("list-resources", "an agent cannot read them: see read-resource"),
        ("read-resource", "its content would go through the agent's context; the agent can be given the server itself"),
        ("list-prompts", "prompts are for persons to choose"),
        ("get-prompt", "prompts are for persons to choose"),
        ("health", "for the person who runs the studio"),
        ("bench", "it keeps the machine busy, and its figures are for the person who runs the studio"),
        ("sessions", "for the person who runs the studio"),
        ("session", "its steps call tools outside a script, and compare results that agents need not see"),
        ("steps", "for the person who runs the studio"),
        ("report", "for the person who runs the studio"),
        ("journal", "for the person who runs the studio"),
        ("policy", "rules are for those whom they do not bind"),
        ("traffic", "raw results would go through the agent's context"),
        ("pins", "a person says whether a changed tool is the same"),
        ("serve", "it is the door itself"),
        ("daemon", "for the person who runs the studio"),
        ("file-server", "another server"),
    ];

    #[test]
    fn every_verb_is_given_to_agents_or_withheld_for_a_reason() {
        let mut decided: Vec<&str> = AGENT_TOOLS.iter().map(|tool| tool.operation).collect();
        decided.extend(WITHHELD.iter().map(|(name, _)| *name));
        decided.sort_unstable();
        let mut verbs: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
        verbs.sort_unstable();
        assert_eq!(decided, verbs);
    }
}
