//! The live connection benchmark: connects many clients to a running server and measures their
//! memory, how long a change takes to reach all of them, and how they slow down creates.
//!
//! ```text
//! cargo bench --bench live -- --url http://127.0.0.1:3000 --user admin --password-env DOORSIGN_ADMIN_PASSWORD
//! ```
//!
//! See `--help` for the options.

#[path = "live/mod.rs"]
mod live;
#[path = "load/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses a different part of it")]
mod load;

use std::process::ExitCode;

fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    load::command::exit(live::run(
        std::env::args(),
        &variable,
        &mut std::io::stdout(),
    ))
}
