//! The load script: sends requests to a running server as fast as it responds, and prints the
//! results. Works with any server that implements this API.
//!
//! ```text
//! cargo bench --bench load -- --url http://127.0.0.1:3000 --user admin --password-env DOORSIGN_ADMIN_PASSWORD
//! ```
//!
//! See `--help` for the options.

#[path = "load/mod.rs"]
mod load;

use std::process::ExitCode;

fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    load::command::exit(load::run(
        std::env::args(),
        &variable,
        &mut std::io::stdout(),
    ))
}
