//! The bench of live connections: a storm of them against a running server, what they cost in memory, how long a change takes to reach
//! all of them, and what they cost those who create. Knows nothing of the server's inside.
//!
//! ```text
//! cargo bench --bench live -- --url http://127.0.0.1:3000 --user admin --password-env DOORSIGN_ADMIN_PASSWORD
//! ```
//!
//! `--help` tells the rest.

#[path = "load/http.rs"]
mod http;
#[path = "live/mod.rs"]
mod live;
#[path = "load/machine.rs"]
mod machine;

use std::process::ExitCode;

fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    match live::run(std::env::args(), &variable, &mut std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
