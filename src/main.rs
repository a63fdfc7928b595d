//! The binary: parses the command line and hands over to a front.

fn main() -> std::process::ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == mcp_studio::sys::watchdog::ARGUMENT) {
        return mcp_studio::sys::watchdog::run();
    }
    std::process::ExitCode::SUCCESS
}
