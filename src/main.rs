//! The binary: parses the command line and hands over to a front.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
