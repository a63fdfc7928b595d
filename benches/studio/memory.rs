//! Memory of the fork server and of each script beside it.

use std::time::Duration;

use mcp_studio::ops::bench::{SLEEPER, Trial};

/// Scripts that wait at the same time.
const SCRIPTS: usize = 10;

/// Prints what the fork server's share is, and what each script has for itself.
pub(crate) async fn run(trial: &Trial) {
    let (mut runs, mut processes) = (Vec::new(), Vec::new());
    for _ in 0..SCRIPTS {
        runs.push(trial.begin(SLEEPER).await.expect("a run"));
    }
    let waits = |id| trial.studio().board().run(id).filter(|view| view.output_lines > 0).and_then(|view| view.process);
    for run in &runs {
        processes.push(loop {
            if let Some(process) = waits(run.id()) {
                break process;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        });
    }
    let Some(server) = processes.first().and_then(|script| parent(*script)) else {
        println!("\npassed over: this system does not tell the memory of processes");
        return;
    };
    let own: u64 = processes.iter().map(|script| kibibytes(*script, "Private_")).sum();
    println!("\nfork server: {} KiB PSS; each of {SCRIPTS} scripts: {} KiB USS", kibibytes(server, "Pss:"), own / SCRIPTS as u64);
    for run in runs {
        run.interrupt();
        run.finished().await;
    }
}

fn parent(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

/// Sum of the entries of the process's memory whose names begin so.
fn kibibytes(process: u32, label: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let lines = text.lines().filter(|line| line.starts_with(label));
    lines.filter_map(|line| line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}
