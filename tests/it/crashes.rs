//! What a session that dies leaves behind: everything it had acknowledged, on the disk where it may have changed something.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use mcp_studio::types::Decision;
use serde_json::{Value, json};

use crate::catalog::offer_now;
use crate::policy::{decided, desk};
use crate::policy_binary::listed;
use crate::support::Project;

#[tokio::test]
async fn a_step_that_may_have_changed_something_is_on_the_disk_before_its_caller_hears_of_it() {
    let desk = desk(&json!({"default": "allow"}));
    for _ in 0..20 {
        assert_eq!(decided(&desk.call("s__write", json!({})).await).0, Decision::Ok);
        assert!(desk.journal.is_on_disk(), "its caller has heard of it");
        assert_eq!(decided(&desk.call("s__look", json!({})).await).0, Decision::Ok);
        assert!(!desk.journal.is_on_disk(), "nobody waits for the disk where nothing was changed");
    }
    desk.close().await;
}

#[test]
fn a_session_killed_right_after_an_acknowledgement_is_told_as_crashed_with_the_step() {
    let project = Project::empty();
    let file = offer_now(&project.folder(), "s", &json!([{"name": "write"}]));
    let studio = json!({"sandbox": "off", "policy": {"default": "allow"}});
    project.write("mcp_config.json", &json!({"mcpServers": {"s": listed(&file)}, "studio": studio}).to_string());
    let script = "from mcp_execution import call_tool\ncall_tool('s__write', {})\nprint('acknowledged', flush=True)\ninput()\n";
    project.write("w.py", script);
    let told = regex::Regex::new(r"^\d{8}-\d{6}-\d{3}-[0-9a-f]{8}  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  1 run, 1 step, crashed$")
        .unwrap();
    for killed in 1..=3 {
        let mut command = project.command(&["exec", "w.py"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "acknowledged\n");
        child.kill().unwrap();
        child.wait().unwrap();
        let sessions = project.run(&["sessions"]);
        assert_eq!(
            (sessions.code, sessions.stdout.lines().filter(|line| told.is_match(line)).count()),
            (Some(0), killed),
            "{sessions:?}"
        );
        let report: Value = serde_json::from_str(&project.run(&["report", "latest"]).stdout).unwrap();
        let steps = &report["mcp_details"]["steps"];
        assert_eq!(
            (&report["journal"]["state"], &steps[0]["tool_name"], &steps[0]["decision"]),
            (&json!("crashed"), &json!("write"), &json!("ok"))
        );
        assert_eq!(project.run(&["journal", "verify", "latest"]).code, Some(0));
    }
}
