//! The `hikitsugi` command itself, for tests that need a process of their own.

use std::process::ExitCode;

/// As in `main.rs` of the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    api::cli::main()
}
