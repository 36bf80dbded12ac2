//! Measures the time from exec to the first response with status 200, on an existing database and
//! in dev mode, and the memory of an idle server. Starts the given program and measures it from
//! outside.
//!
//! ```text
//! cargo bench --bench start -- target/release/doorsign
//! ```

#[path = "load/http.rs"]
mod http;
#[path = "load/machine.rs"]
mod machine;
#[path = "load/percentile.rs"]
mod percentile;
#[path = "load/program.rs"]
mod program;
#[path = "load/server.rs"]
#[allow(dead_code, reason = "each benchmark uses a different part of it")]
mod server;

use machine::ProcessorTime;
use percentile::percentile;
use server::Server;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
Starts a doorsign repeatedly, on one new database and in dev mode, and prints how long it takes from exec to the first 200, and
its resident memory 3 s later (on Linux).

Usage: cargo bench --bench start -- PROGRAM [TIMES]

  PROGRAM  Such as target/release/doorsign
  TIMES    How often (default 10)";

/// How long after its first response a server counts as idle.
const IDLE: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    program::run(USAGE, 10, 1, measure)
}

#[tokio::main(flavor = "current_thread")]
async fn measure(program: PathBuf, times: usize) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    // The first start creates the database and is not measured.
    Server::start(&program, &["serve"], folder.path())
        .await?
        .stop()
        .await?;
    let before = ProcessorTime::now();
    println!("{times} starts                min     median        max");
    for command in ["serve", "dev"] {
        let (mut ready, mut idle) = (Vec::new(), Vec::new());
        for _ in 0..times {
            let server = Server::start(&program, &[command], folder.path()).await?;
            ready.push(server.ready.as_secs_f64() * 1000.0);
            tokio::time::sleep(IDLE).await;
            idle.extend(server.process.id().and_then(machine::resident_mib));
            server.stop().await?;
        }
        print(&format!("{command}: ready, ms"), ready);
        print(&format!("{command}: idle, MiB"), idle);
    }
    if let Some(stolen) = before.and_then(ProcessorTime::stolen_percent) {
        println!("steal {stolen:.1} %; above 5, measure again");
    }
    Ok(())
}

fn print(name: &str, mut values: Vec<f64>) {
    values.sort_unstable_by(f64::total_cmp);
    let [min, median, max] = [0, 50, 100].map(|percent| percentile(&values, percent));
    println!("{name:<20}{min:>11.1}{median:>11.1}{max:>11.1}");
}
