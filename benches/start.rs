//! How long a doorsign takes from its exec to its first 200, on an existing database and in dev mode, and the memory it holds when
//! idle. Knows nothing of its inside: it starts the program that it is given, and asks it.
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

use http::Connection;
use machine::ProcessorTime;
use percentile::percentile;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const USAGE: &str = "\
Starts a doorsign again and again, on one new database and in dev mode, and prints how long it takes from exec to the first 200, and
its resident memory 3 s later (on Linux).

Usage: cargo bench --bench start -- PROGRAM [TIMES]

  PROGRAM  Such as target/release/doorsign
  TIMES    How often, 10 unless given";

/// How long after its first answer a server counts as idle.
const IDLE: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench" && argument != "--test")
        .collect();
    let (program, times) = match arguments.as_slice() {
        [program] if !program.starts_with('-') => (program, Some(10)),
        [program, times] => (program, times.parse().ok().filter(|times| *times > 0)),
        _ => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
    };
    let measured = times
        .ok_or_else(|| USAGE.into())
        .and_then(|times| measure(Path::new(program), times));
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn measure(program: &Path, times: u32) -> Result<(), Box<dyn Error>> {
    let program = std::path::absolute(program)?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    // The first start creates the database and is none of those that count.
    start(&program, "serve", folder.path())
        .await?
        .stop()
        .await?;
    let before = ProcessorTime::now();
    println!("{times} starts                min     median        max");
    for command in ["serve", "dev"] {
        let (mut ready, mut idle) = (Vec::new(), Vec::new());
        for _ in 0..times {
            let server = start(&program, command, folder.path()).await?;
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

/// A server that has given its first answer. Dropping it kills it.
struct Server {
    process: Child,
    ready: Duration,
    /// Kept open: a server ends when it cannot print.
    _lines: Lines<BufReader<ChildStdout>>,
}

async fn start(program: &PathBuf, command: &str, folder: &Path) -> Result<Server, Box<dyn Error>> {
    let began = Instant::now();
    let mut process = Command::new(program)
        .args([
            command,
            "--listen",
            "127.0.0.1:0",
            "--data",
            "data",
            "--log",
            "error",
        ])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| format!("{}: {e}", program.display()))?;
    let stdout = process.stdout.take().ok_or("no standard output")?;
    let mut lines = BufReader::new(stdout).lines();
    // The greeting comes before the first request is taken, so that waiting for it costs no time.
    let line = lines.next_line().await?;
    let address = line.as_deref().and_then(address);
    let address = address.ok_or("it does not say where it listens")?;
    let request = format!("GET /api/info HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut connection = Connection::open(address).await?;
    let answer = connection.exchange(request.as_bytes()).await?;
    let ready = began.elapsed();
    match answer.status {
        200 => Ok(Server {
            process,
            ready,
            _lines: lines,
        }),
        status => Err(format!("{status}: {}", String::from_utf8_lossy(answer.body)).into()),
    }
}

/// The address in `... listens on http://ADDRESS, ...`.
fn address(greeting: &str) -> Option<&str> {
    let (_, rest) = greeting.split_once("http://")?;
    Some(rest.split_once(',')?.0)
}

impl Server {
    /// Asks it to stop, as a service manager does, and waits until it has.
    async fn stop(mut self) -> Result<(), Box<dyn Error>> {
        let pid = self.process.id().ok_or("it has ended by itself")?;
        let mut kill = Command::new("kill");
        kill.args(["-s", "TERM", &pid.to_string()]).status().await?;
        let ended = self.process.wait().await?;
        ended
            .success()
            .then_some(())
            .ok_or_else(|| ended.to_string().into())
    }
}
