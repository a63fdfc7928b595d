//! Starting, dying, restarting, closing.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use mcp_studio::config::TransportSettings;
use mcp_studio::connections::State;
use mcp_studio::types::{Failure, FailureKind};
use serde_json::Value;

use super::bench::{Bench, hostile, is_running, name, none, server, stdio, text_result};

/// The failure without the note on the command, which depends on the machine.
fn without_command(mut failure: Failure) -> Failure {
    failure.notes.retain(|(label, _)| label != "command");
    failure
}

fn process(bench: &Bench) -> String {
    match bench.connections.states().remove(0).1 {
        State::Ready(peer) | State::Degraded(peer, _) => peer.process.unwrap().to_string(),
        other @ (State::Idle | State::Disabled | State::Connecting { .. } | State::Failed { .. }) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_is_contacted_before_the_first_use() {
    let mut disabled = hostile("plain");
    disabled.disabled = true;
    let bench = Bench::new(vec![disabled, server("idle", stdio("/no/such", &[]))]);
    assert_eq!(bench.state(), "{\"s\": \"disabled\", \"idle\": \"idle\"}");
    let failure = bench.connections.connect(&name("s"), true).await.unwrap_err();
    assert_eq!(failure.to_string(), "server \"s\" is disabled\nhint: remove \"disabled\" in mcp_config.json:7");
    let failure = bench.connections.connect(&name("idel"), true).await.unwrap_err();
    assert_eq!(failure.to_string(), "no server \"idel\" is configured\nhint: did you mean \"idle\"?");
}

#[tokio::test]
async fn a_server_that_dies_at_start_says_why() {
    let bench = Bench::of("dies");
    let failure = bench.connections.connect(&name("s"), false).await.unwrap_err();
    assert!(failure.notes.iter().any(|(label, text)| label == "command" && text.contains("hostile.py dies")), "{failure}");
    assert_eq!(
        without_command(failure).to_string(),
        "server \"s\" exited with status 3 while connecting\n  stderr: starting up\n  stderr: error: not a git repository\n\
         hint: set \"cwd\" for \"s\" in mcp_config.json:7"
    );
    let bench = Bench::of("dies_by_signal");
    let failure = bench.connections.connect(&name("s"), false).await.unwrap_err();
    assert_eq!(failure.message, "server \"s\" killed by signal 9 (SIGKILL) while connecting");
}

#[tokio::test]
async fn a_missing_command_names_the_nearest_and_the_place() {
    let bench = Bench::new(vec![server("s", stdio("python33", &[])), server("path", stdio("./no/such", &[]))]);
    let failure = bench.connections.connect(&name("s"), false).await.unwrap_err();
    assert_eq!(failure.message, "server \"s\": the command \"python33\" was not found");
    assert!(failure.hint.as_deref().unwrap_or_default().starts_with("did you mean \"python3"), "{failure}");
    let failure = bench.connections.connect(&name("path"), false).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "mcp_config.json:7: server \"path\": the command \"./no/such\" was not found\n\
         hint: correct \"command\" in mcp_config.json:7: there is no executable file at that path"
    );
}

#[tokio::test]
async fn garbage_before_the_first_message_is_noted_and_ignored() {
    let bench = Bench::of("garbage");
    assert_eq!(bench.text("echo", none()).await, "{}");
    assert_eq!(
        bench.notes(),
        [
            "it wrote something that is no message to its output: Welcome to the server!",
            "it wrote something that is no message to its output: \u{1b}[2Jlistening on stdio {not json}"
        ]
    );
}

#[tokio::test]
async fn a_server_that_never_answers_fails_at_the_limit_and_is_gone() {
    let mut settings = hostile("mute");
    settings.connect_timeout = Duration::from_millis(500);
    let bench = Bench::new(vec![settings]);
    let failure = bench.connections.connect(&name("s"), false).await.unwrap_err();
    assert_eq!(without_command(failure).message, "server \"s\" gave no answer to server/discover within 0.5 s");
    let mut endless = hostile("stdout_endless");
    endless.connect_timeout = Duration::from_secs(2);
    endless.message_bytes = 1_000_000;
    let bench = Bench::new(vec![endless]);
    let failure = bench.connections.connect(&name("s"), false).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
}

#[tokio::test]
async fn old_and_sparse_servers_connect_and_their_revision_is_shown() {
    for (behaviour, protocol, peer) in [
        ("plain", "2025-11-25", "hostile"),
        ("old", "2024-11-05", "hostile"),
        ("bare", "2024-11-05", ""),
        ("bare_tools", "2024-11-05", ""),
    ] {
        let info = Bench::of(behaviour).connections.connect(&name("s"), false).await.unwrap();
        assert_eq!((info.protocol.as_str(), info.name.as_str()), (protocol, peer), "{behaviour}");
    }
}

#[tokio::test]
async fn a_server_that_ignores_the_probe_is_not_asked_again() {
    let bench = Bench::of("ignores_probe");
    for _ in 0..2 {
        bench.connections.connect(&name("s"), false).await.unwrap();
        bench.connections.disconnect(&name("s")).await;
    }
    assert_eq!(bench.notes(), ["no answer to server/discover; trying the older handshake"]);
}

#[tokio::test]
async fn a_server_that_dies_of_the_probe_is_started_again_without_it() {
    let bench = Bench::of("dies_of_probe");
    let info = bench.connections.connect(&name("s"), false).await.unwrap();
    assert_eq!(info.protocol, "2025-11-25");
    assert_eq!(bench.notes(), ["trying once more with the other handshake"]);
}

#[tokio::test]
async fn calls_in_flight_fail_at_once_when_the_server_dies_and_the_next_use_restarts_it() {
    let bench = Bench::of("plain");
    bench.text("echo", none()).await;
    let (waiting, dying) = tokio::join!(bench.call("silence", none()), bench.call("exit", none()));
    for failure in [waiting, dying] {
        assert_eq!(
            without_command(failure.unwrap_err()).to_string(),
            "server \"s\" exited with status 3\n  stderr: panic: out of cheese\n\
             hint: see what it says on stderr, then check \"args\", \"env\" and \"cwd\" in mcp_config.json:7"
        );
    }
    assert_eq!(bench.state(), "{\"s\": \"failed\"}");
    assert_eq!(bench.text("echo", none()).await, "{}");
}

#[tokio::test]
async fn an_end_is_noticed_though_a_child_holds_the_pipes() {
    let bench = Bench::of("plain");
    let failure = bench.call("exit_leaving_child", none()).await.unwrap_err();
    assert_eq!(failure.message, "server \"s\" exited with status 3");
    assert_eq!(bench.notes(), ["something still holds the output of the server, which has ended"]);
    let failure = bench.call("kill", none()).await.unwrap_err();
    assert_eq!(failure.message, "server \"s\" killed by signal 9 (SIGKILL)");
}

#[tokio::test]
async fn the_last_words_of_a_dying_server_are_heard() {
    let bench = Bench::of("plain");
    assert_eq!(bench.call("answer_and_exit", none()).await, Ok(text_result("last words")));
}

#[tokio::test]
async fn a_failing_server_is_left_alone_until_a_person_asks() {
    let bench = Bench::of("dies");
    let mut starts = 0;
    let failure = loop {
        let failure = bench.connections.connect(&name("s"), false).await.unwrap_err();
        if failure.notes.iter().any(|(label, _)| label == "retry") {
            break failure;
        }
        starts += 1;
    };
    assert_eq!(starts, 3);
    assert!(failure.message.starts_with("server \"s\" exited with status 3"), "{failure}");
    let failure = bench.connections.connect(&name("s"), true).await.unwrap_err();
    assert!(!failure.notes.iter().any(|(label, _)| label == "retry"), "{failure}");
}

#[tokio::test]
async fn callers_share_one_attempt_and_one_that_leaves_does_not_end_it() {
    let bench = Bench::of("plain");
    let server = name("s");
    let left = tokio::time::timeout(Duration::from_millis(1), bench.connections.connect(&server, false)).await;
    assert!(left.is_err());
    let (first, second) = tokio::join!(bench.connections.connect(&server, false), bench.connections.connect(&server, false));
    assert_eq!(first.unwrap().process, second.unwrap().process);
}

#[tokio::test]
async fn a_stubborn_server_and_its_daemons_are_gone_after_closing() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("daemon");
    let mut with_daemon = hostile("daemon");
    if let TransportSettings::Stdio { arguments, .. } = &mut with_daemon.transport {
        arguments.push(note.display().to_string());
    }
    let mut stubborn = hostile("stubborn");
    stubborn.name = name("stubborn");
    let bench = Bench::new(vec![with_daemon, stubborn]);
    bench.connections.connect(&name("s"), false).await.unwrap();
    bench.connections.connect(&name("stubborn"), false).await.unwrap();
    let daemon = std::fs::read_to_string(&note).unwrap();
    let leader = process(&bench);
    assert!(is_running(&daemon) && is_running(&leader));
    bench.connections.shutdown().await;
    assert!(!is_running(&daemon) && !is_running(&leader));
    assert_eq!(bench.state(), "{\"s\": \"idle\", \"stubborn\": \"idle\"}");
    let failure = bench.connections.connect(&name("s"), true).await.unwrap_err();
    assert_eq!(failure.message, "the connection to server \"s\" was closed");
}

#[tokio::test]
async fn closing_ends_servers_that_are_still_connecting() {
    let mut preparing = server("uv", stdio("uvx", &["mcp-server-git"]));
    if let TransportSettings::Stdio { environment, .. } = &mut preparing.transport {
        environment.insert("PATH".to_owned(), "/nowhere".to_owned());
    }
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().join("python3");
    std::fs::write(&python, "#!/bin/sh\nsleep 600\n").unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    let variables = BTreeMap::from([("PATH".into(), folder.path().into())]);
    let bench = Bench::with_variables(vec![hostile("mute"), preparing], variables);
    let (mute, uv) = (name("s"), name("uv"));
    let connecting = || {
        bench.connections.states().iter().all(|(_, state)| matches!(state, State::Connecting { doing, .. } if doing.starts_with("waiting for the first answer of /") || doing == "preparing workspace/.venv: looking for Python"))
    };
    let (first, second, ()) =
        tokio::join!(bench.connections.connect(&mute, false), bench.connections.connect(&uv, false), async {
            bench.until(connecting).await;
            bench.connections.shutdown().await;
        });
    assert_eq!(first.unwrap_err().message, "the connection to server \"s\" was closed");
    assert_eq!(second.unwrap_err().message, "the connection to server \"uv\" was closed");
    assert_eq!(bench.state(), "{\"s\": \"idle\", \"uv\": \"idle\"}");
}

#[tokio::test]
async fn disconnecting_fails_the_calls_and_the_next_use_connects_again() {
    let bench = Bench::of("plain");
    bench.text("echo", none()).await;
    let before = process(&bench);
    let (call, ()) = tokio::join!(bench.call("silence", none()), async {
        tokio::task::yield_now().await;
        bench.connections.disconnect(&name("s")).await;
    });
    assert_eq!(call.unwrap_err().message, "the connection to server \"s\" was closed");
    assert!(!is_running(&before));
    assert_eq!(bench.text("echo", none()).await, "{}");
    assert_ne!(process(&bench), before);
}

#[tokio::test]
async fn a_flood_on_stderr_blocks_nothing_and_is_bounded() {
    let bench = Bench::of("stderr_flood");
    assert_eq!(bench.text("echo", none()).await, "{}");
    let failure = bench.call("exit", none()).await.unwrap_err();
    let stderr = &failure.notes.iter().find(|(label, _)| label == "stderr").unwrap().1;
    assert_eq!(stderr, "more\nmore\nmore\nmore\nmore\nmore\nthe last line\npanic: out of cheese");
}

#[tokio::test]
async fn servers_get_only_the_base_environment_and_their_own() {
    let mut settings = hostile("plain");
    if let TransportSettings::Stdio { environment, .. } = &mut settings.transport {
        environment.insert("OWN_SECRET".to_owned(), "s3cret".to_owned());
    }
    let bench = Bench::new(vec![settings]);
    let seen: Value = serde_json::from_str(&bench.text("environment", none()).await).unwrap();
    assert_eq!(seen["OWN_SECRET"], "s3cret");
    assert!(seen.get("PATH").is_some() && seen.get("CARGO_MANIFEST_DIR").is_none(), "{seen}");
    let shown = format!("{:?}", bench.connections);
    assert!(!shown.contains("s3cret"), "{shown}");
}
