//! The `hikitsugi` command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = api::cli::Cli::parse();
    match actix_web::rt::System::new().block_on(api::cli::run(cli)) {
        Ok(code) => code,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the command's answer to its user")]
            {
                eprintln!("hikitsugi: {error}");
            }
            ExitCode::FAILURE
        }
    }
}
