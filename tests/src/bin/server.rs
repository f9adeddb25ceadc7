//! The `hikitsugi` command itself, for tests that need a process of their own.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::cli::main()
}
