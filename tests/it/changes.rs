//! A server that announces that its lists changed is listed again by whoever keeps a studio open: workbench, daemon, `serve`.

use serde_json::{Value, json};

use crate::catalog::offer_now;
use crate::policy_binary::listed;
use crate::pty::screen::Screen;
use crate::serve::greeted;
use crate::support::Project;

/// A project whose server `s` says, when its tool `change` is called, that its lists changed.
fn project() -> Project {
    let project = Project::empty();
    let file = offer_now(&project.folder(), "s", &json!([{"name": "change"}]));
    let studio = json!({"sandbox": "off", "policy": {"default": "allow"}});
    project.write("mcp_config.json", &json!({"mcpServers": {"s": listed(&file)}, "studio": studio}).to_string());
    project
}

fn offers_more(project: &Project) {
    offer_now(&project.folder(), "s", &json!([{"name": "change"}, {"name": "blossom"}]));
}

#[test]
fn the_tree_of_the_workbench_follows() {
    let mut screen = Screen::open(project(), 120, 40, &[]);
    screen.wait_for("not contacted");
    screen.send("\r");
    screen.wait_for("change");
    offers_more(screen.project());
    screen.send("\u{1b}[Bc");
    screen.wait_for("blossom");
    screen.send(crate::pty::QUIT);
    assert_eq!(screen.ended(), 0);
}

#[test]
fn the_search_of_agents_follows() {
    let project = project();
    let mut server = greeted(&project);
    let mut number = 0;
    let mut ask = |tool: &str, arguments: &Value| {
        number += 1;
        let (answer, _) = server.request(number, "tools/call", &json!({"name": tool, "arguments": arguments}));
        answer["result"]["structuredContent"].clone()
    };
    let found = |answer: &Value| answer.to_string().contains("s__blossom");
    assert!(!found(&ask("search_tools", &json!({"query": "blossom"}))));
    offers_more(&project);
    ask("execute_script", &json!({"source": "from mcp_execution import call_tool\ncall_tool('s__change', {})\n"}));
    while !found(&ask("search_tools", &json!({"query": "blossom"}))) {}
    assert_eq!(server.close(), Some(0));
}

#[test]
fn searches_through_a_daemon_follow() {
    let project = project();
    let daemon = crate::daemon::Daemon::start(&project, &[]);
    assert_eq!(project.run(&["call", "s__change"]).code, Some(0));
    offers_more(&project);
    assert_eq!(project.run(&["call", "s__change"]).code, Some(0));
    while !project.run(&["search", "blossom"]).stdout.contains("s__blossom") {}
    drop(daemon);
}
