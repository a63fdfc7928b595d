//! How the end of a run is called: exit code and words, from why it was stopped, what it said, and how its process ended.

use std::time::Duration;

use super::ladder::Cause;
use super::limits;
use super::message::Ended;
use crate::config::LimitSettings;
use crate::sys::process::{Exit, exit_words};
use crate::sys::signals::{CPU_LIMIT, TERMINATE};

/// Exit code of a run whose limit of time has passed.
const TIMED_OUT: i32 = 124;
/// Exit code of an interrupted run.
const INTERRUPTED: i32 = 130;
/// Exit code of a terminated run, also of one whose studio was closed.
const TERMINATED: i32 = 143;

/// Exit code and words. `exit` is absent where the process was not waited for, since the script had already said its end.
pub(super) fn conclude(
    cause: Option<&Cause>,
    ended: Option<&Ended>,
    exit: Option<Exit>,
    limits: &LimitSettings,
) -> (i32, String) {
    match cause {
        Some(Cause::TimedOut(limit)) => (TIMED_OUT, format!("timeout after {}", seconds(*limit))),
        Some(Cause::Limit(limit)) => (1, limit.clone()),
        Some(Cause::Abandoned(why)) => (1, why.clone()),
        Some(Cause::Closed) => (TERMINATED, "the studio was closed".to_owned()),
        Some(Cause::Interrupted) => stopped("interrupted", INTERRUPTED, own_code(ended, exit)),
        Some(Cause::Terminated) => stopped("terminated", TERMINATED, own_code(ended, exit)),
        None => {
            let (code, words) = by_itself(ended, exit);
            (code, ended.and_then(limits::met).map_or(words, |limit| limit.words(limits)))
        }
    }
}

/// A script may answer a request to stop with an end of its own; its exit code is passed on then.
fn stopped(word: &str, usual: i32, own: Option<i32>) -> (i32, String) {
    match own {
        Some(code) if code != usual => (code, format!("{word}, exit {code}")),
        Some(_) | None => (usual, word.to_owned()),
    }
}

/// The exit code that the script chose, if it chose one.
fn own_code(ended: Option<&Ended>, exit: Option<Exit>) -> Option<i32> {
    let said = ended.map(|ended| ended.code & 0xff);
    said.or(match exit {
        Some(Exit::Code(code)) => Some(code),
        Some(Exit::Signal(_)) | None => None,
    })
}

fn by_itself(ended: Option<&Ended>, exit: Option<Exit>) -> (i32, String) {
    match (own_code(ended, exit), exit) {
        (Some(0), _) => (0, "ok".to_owned()),
        (Some(INTERRUPTED), _) if ended.is_some_and(|ended| ended.error.is_some()) => (INTERRUPTED, "interrupted".to_owned()),
        (Some(code), _) => (code, format!("exit {code}")),
        (None, Some(Exit::Signal(CPU_LIMIT))) => (128 + CPU_LIMIT, "limit of processor time".to_owned()),
        (None, Some(Exit::Signal(TERMINATE))) => (TERMINATED, "terminated".to_owned()),
        (None, Some(exit @ (Exit::Signal(signal) | Exit::Code(signal)))) => (128 + signal, exit_words(exit)),
        (None, None) => (1, "ended without a word".to_owned()),
    }
}

/// `5 s`, `1.5 s`, `300 ms`.
pub(super) fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) { format!("{} ms", time.as_millis()) } else { format!("{} s", time.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ScriptError;

    fn said(code: i32) -> Ended {
        Ended { code, error: None, errno: None, peak_memory: None, cpu: None }
    }

    #[test]
    fn each_end_has_its_code_and_words() {
        let killed = Some(Exit::Signal(9));
        let cases = [
            (None, Some(said(0)), None, (0, "ok")),
            (None, Some(said(3)), None, (3, "exit 3")),
            (None, None, Some(Exit::Code(7)), (7, "exit 7")),
            (None, None, killed, (137, "killed by signal 9 (SIGKILL)")),
            (None, None, Some(Exit::Signal(TERMINATE)), (143, "terminated")),
            (None, None, Some(Exit::Signal(CPU_LIMIT)), (152, "limit of processor time")),
            (Some(Cause::Interrupted), Some(said(130)), None, (130, "interrupted")),
            (Some(Cause::Interrupted), None, killed, (130, "interrupted")),
            (Some(Cause::Interrupted), Some(said(0)), None, (0, "interrupted, exit 0")),
            (Some(Cause::Terminated), None, Some(Exit::Signal(TERMINATE)), (143, "terminated")),
            (Some(Cause::TimedOut(Duration::from_millis(1500))), Some(said(0)), None, (124, "timeout after 1.5 s")),
            (Some(Cause::Limit("memory limit of 1 MiB".into())), None, killed, (1, "memory limit of 1 MiB")),
        ];
        let limits = LimitSettings::default();
        for (cause, ended, exit, (code, words)) in cases {
            assert_eq!(
                conclude(cause.as_ref(), ended.as_ref(), exit, &limits),
                (code, words.to_owned()),
                "{cause:?} {ended:?} {exit:?}"
            );
        }
    }

    #[test]
    fn a_keyboard_interrupt_from_elsewhere_is_an_interrupt_and_a_plain_130_is_not() {
        let error = ScriptError {
            class: "KeyboardInterrupt".into(),
            message: String::new(),
            line: Some(1),
            column: None,
            traceback: String::new(),
        };
        let ended = Ended { error: Some(error), ..said(130) };
        let limits = LimitSettings::default();
        assert_eq!(conclude(None, Some(&ended), None, &limits), (130, "interrupted".to_owned()));
        assert_eq!(conclude(None, Some(&said(130)), None, &limits), (130, "exit 130".to_owned()));
    }
    #[test]
    fn an_exception_that_speaks_of_a_limit_is_called_by_it() {
        let error = |class: &str| ScriptError {
            class: class.into(),
            message: String::new(),
            line: Some(1),
            column: None,
            traceback: String::new(),
        };
        let limits = LimitSettings { open_files: 64, file_bytes: 1_000, ..LimitSettings::default() };
        for (class, errno, words) in [
            ("MemoryError", None, "memory limit of 8 GiB"),
            ("OSError", Some(24), "limit of 64 open files"),
            ("OSError", Some(27), "limit of 1000 bytes in one file"),
            ("OSError", Some(2), "exit 1"),
        ] {
            let ended = Ended { error: Some(error(class)), errno, ..said(1) };
            assert_eq!(conclude(None, Some(&ended), None, &limits), (1, words.to_owned()));
        }
    }
}
