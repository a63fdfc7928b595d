//! Tests of the watchdog: a real core is killed, and nothing that it started stays.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mcp_studio::sys::process::Tree;
use mcp_studio::sys::watchdog;

use crate::processes::{DAEMON, launch, lives, numbers, shell};

/// Not a test: the core that the test below starts and kills.
#[tokio::test]
#[ignore = "stands for a core in another test"]
async fn core_stand_in() {
    watchdog::start(Path::new(env!("CARGO_BIN_EXE_mcp-studio"))).unwrap();
    let mut daemon = Tree::start(launch("/usr/bin/python3", &["-I", "-S", "-c", DAEMON])).unwrap();
    let mut deaf = Tree::start(shell("trap '' TERM HUP INT; sleep 1000 & echo $$ $!; wait; wait")).unwrap();
    let mut all = numbers(&mut daemon, 1).await;
    all.extend(numbers(&mut deaf, 2).await);
    println!("\nstarted {all:?}");
    let killed = std::future::pending::<()>();
    let _ = tokio::time::timeout(Duration::from_secs(60), killed).await;
}

#[test]
fn after_kill_9_of_the_core_nothing_it_started_is_left() {
    let stand_in = ["--ignored", "--exact", "watchdog::core_stand_in", "--nocapture"];
    let mut core = Command::new(std::env::current_exe().unwrap())
        .args(stand_in)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(core.stdout.take().unwrap()).lines().map(Result::unwrap);
    let started = lines.into_iter().find_map(|line| line.strip_prefix("started ").map(str::to_owned)).unwrap();
    let mut all: Vec<u32> = serde_json::from_str(&started).unwrap();
    all.push(watchdog_of(core.id()));
    assert!(all.iter().all(|id| lives(*id)));
    core.kill().unwrap();
    core.wait().unwrap();
    let killed = Instant::now();
    while all.iter().any(|id| lives(*id)) {
        assert!(killed.elapsed() < Duration::from_secs(10), "left: {all:?}");
        std::thread::yield_now();
    }
    println!("all gone after {:?}", killed.elapsed());
}

fn watchdog_of(core: u32) -> u32 {
    let children = Command::new("pgrep").args(["-P", &core.to_string(), "-f", "mcp-studio watchdog"]).output().unwrap();
    String::from_utf8(children.stdout).unwrap().trim().parse().unwrap()
}
