//! The `hikitsugi` command.

use std::process::ExitCode;

/// Answers are many small pieces of memory: see `docs/decisions/0012-how-rows-travel.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    api::cli::main()
}
