//! Measures the cost of hooks: events per second for each kind, the effect of ten hooks on a
//! create, and the memory of a loaded module. Starts the given program and measures it from
//! outside.
//!
//! ```text
//! cargo bench --bench hooks -- target/release/doorsign
//! ```

#[path = "load/http.rs"]
mod http;
#[path = "load/machine.rs"]
mod machine;
#[path = "load/percentile.rs"]
mod percentile;
#[path = "load/program.rs"]
mod program;
#[path = "hooks/receiver.rs"]
mod receiver;
#[path = "load/server.rs"]
#[allow(dead_code, reason = "each benchmark uses a different part of it")]
mod server;
#[path = "hooks/setup.rs"]
mod setup;

use machine::ProcessorTime;
use percentile::percentile;
use setup::{Client, Kind, Setup};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "\
Starts a doorsign with hooks of each kind, and prints how many events a second each receives, how long a create takes with ten of them
and with none, in turns, and how much memory a loaded module takes (on Linux).

Usage: cargo bench --bench hooks -- PROGRAM [EVENTS]

  PROGRAM  Such as target/release/doorsign
  EVENTS   How many each hook receives (default 2000); programs receive a tenth of them";

/// Rounds of creates, each measured without and with hooks.
const ROUNDS: usize = 20;
/// Creates per round.
const CREATES: usize = 100;
/// The pause between creates, where they are not as fast as possible.
const APART: Duration = Duration::from_millis(10);
/// Modules loaded to measure the memory of one.
const MODULES: usize = 20;

fn main() -> ExitCode {
    program::run(USAGE, 2000, 10, measure)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn measure(program: PathBuf, events: usize) -> Result<(), Box<dyn Error>> {
    let before = ProcessorTime::now();
    println!("kind              events   events/s");
    for (kind, events) in [
        (Kind::AuditLog, events),
        (Kind::Webhook, events),
        (Kind::Exec, events / 10),
        (Kind::Wasm, events),
    ] {
        let rate = drained(&program, kind, events).await?;
        println!("{:<14}{events:>10}{rate:>11.0}", kind.name());
    }
    println!();
    println!("create, 1 connection          p50 ms, none   p50 ms, ten   ratio");
    for (name, apart) in [("every 10 ms", Some(APART)), ("without pause", None)] {
        let (none, ten) = latencies(&program, apart).await?;
        println!("{name:<28}{none:>16.3}{ten:>14.3}{:>8.2}", ten / none);
    }
    println!();
    let each = module_kib(&program).await?;
    println!("memory of a loaded module, KiB{each:>10.0}");
    if let Some(stolen) = before.and_then(ProcessorTime::stolen_percent) {
        println!("steal {stolen:.1} %; above 5, measure again");
    }
    Ok(())
}

/// Returns the events per second that a hook receives while it catches up.
async fn drained(program: &Path, kind: Kind, events: usize) -> Result<f64, Box<dyn Error>> {
    let setup = Setup::new(program).await?;
    setup.add(kind, 0)?;
    let server = setup.serve().await?;
    let mut client = setup.client(&server).await?;
    let hook = setup.hook(&mut client, kind, 0).await?;
    client
        .post("hooks.pause", &format!(r#"{{"hook":"{hook}"}}"#))
        .await?;
    client.create(events, None).await?;
    let began = Instant::now();
    client
        .post("hooks.resume", &format!(r#"{{"hook":"{hook}"}}"#))
        .await?;
    while client.lag(&hook).await? > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let rate = events as f64 / began.elapsed().as_secs_f64();
    server.stop().await?;
    Ok(rate)
}

/// Returns the median times of creates in milliseconds, without hooks and with ten: four webhooks,
/// three modules, two programs, the audit log.
async fn latencies(program: &Path, apart: Option<Duration>) -> Result<(f64, f64), Box<dyn Error>> {
    let (without, with) = (Setup::new(program).await?, Setup::new(program).await?);
    for (kind, count) in [
        (Kind::Webhook, 4),
        (Kind::Wasm, 3),
        (Kind::Exec, 2),
        (Kind::AuditLog, 1),
    ] {
        for n in 0..count {
            with.add(kind, n)?;
        }
    }
    let (mut none, mut ten) = (Vec::new(), Vec::new());
    let idle = without.serve().await?;
    let busy = with.serve().await?;
    let mut plain: Client = without.client(&idle).await?;
    let mut hooked: Client = with.client(&busy).await?;
    for n in 0..4 {
        with.hook(&mut hooked, Kind::Webhook, n).await?;
    }
    for _ in 0..ROUNDS {
        none.extend(plain.create(CREATES, apart).await?);
        ten.extend(hooked.create(CREATES, apart).await?);
        // Pending deliveries of one server must not affect the measurement of the other.
        hooked.caught_up().await?;
    }
    idle.stop().await?;
    busy.stop().await?;
    let median = |mut values: Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        percentile(&values, 50)
    };
    Ok((median(none), median(ten)))
}

/// Returns the memory of an idle module.
async fn module_kib(program: &Path) -> Result<f64, Box<dyn Error>> {
    let mut resident = Vec::new();
    for modules in [0, MODULES] {
        let setup = Setup::new(program).await?;
        for n in 0..modules {
            setup.add(Kind::Wasm, n)?;
        }
        let server = setup.serve().await?;
        let mut client = setup.client(&server).await?;
        client.wait_for_hooks(modules).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let pid = server.process.id().ok_or("the server has ended")?;
        resident.push(machine::resident_mib(pid).ok_or("the memory cannot be read")?);
        server.stop().await?;
    }
    Ok((resident[1] - resident[0]) * 1024.0 / MODULES as f64)
}
