//! The load script: asks a running server as fast as it answers, and prints what came of it. Knows nothing of the server's inside:
//! whoever speaks this API can be measured.
//!
//! ```text
//! cargo bench --bench load -- --url http://127.0.0.1:3000 --user admin --password-env DOORSIGN_ADMIN_PASSWORD
//! ```
//!
//! `--help` tells the rest.

#[path = "load/mod.rs"]
mod load;

use std::process::ExitCode;

fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    match load::run(std::env::args(), &variable, &mut std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
