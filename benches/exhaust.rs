//! Measures the memory that many clients without a login cost a doorsign server, while they are
//! connected and after they have left. Starts the given program and measures it from outside.
//!
//! ```text
//! cargo bench --bench exhaust -- target/release/doorsign
//! ```

#[path = "load/http.rs"]
mod http;
#[path = "load/machine.rs"]
#[allow(dead_code, reason = "each benchmark uses a different part of it")]
mod machine;
#[path = "load/program.rs"]
mod program;
#[path = "load/server.rs"]
#[allow(dead_code, reason = "each benchmark uses a different part of it")]
mod server;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::Server;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const USAGE: &str = "\
Starts a doorsign for each kind of crowd, opens connections that send incomplete requests, and prints the server's resident memory before,
at its peak, right after all are closed, and 30 s later (on Linux).

Usage: cargo bench --bench exhaust -- PROGRAM [CONNECTIONS]

  PROGRAM      Such as target/release/doorsign
  CONNECTIONS  How many (default 9500); each is an open file of the client and of the server";

/// How long the clients stay once all are connected.
const STAY: Duration = Duration::from_secs(5);
/// Delay before memory is measured again after the clients have disconnected.
const AFTERWARDS: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    program::run(USAGE, 9500, 0, measure)
}

/// What each connection of a crowd sends, by name.
fn crowds() -> [(&'static str, String); 5] {
    let post = |headers: usize| {
        let filler = "x".repeat(headers);
        format!(
            "POST /api/v1/login HTTP/1.1\r\nHost: t\r\nX-Filler: {filler}\r\nContent-Length: 65000\r\n\r\n"
        )
    };
    let body = "x".repeat(64_000);
    [
        ("60 KB of headers, half a body", post(60_000) + &body),
        ("15 KB of headers, half a body", post(15_000) + &body),
        ("15 KB of headers, a byte of a body", post(15_000) + "{"),
        ("short headers, a byte of a body", post(10) + "{"),
        ("half a head", "GET /api/info HTTP/1.1\r\nHost:".to_owned()),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn measure(program: PathBuf, number: usize) -> Result<(), Box<dyn Error>> {
    allow_files(number)?;
    println!("{number} connections, MiB                     idle      peak    closed  30 s later");
    for (name, bytes) in crowds() {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let server = Server::start(&program, &["serve"], folder.path()).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let pid = server.process.id().ok_or("the server has ended")?;
        let memory = || machine::resident_mib(pid).unwrap_or_default();
        let idle = memory();
        let mut peak = idle;
        let mut crowd = Vec::with_capacity(number);
        for _ in 0..number {
            let mut stream = TcpStream::connect(&server.address).await?;
            // The server may close the connection meanwhile, or not read it.
            let sending = stream.write_all(bytes.as_bytes());
            let _ = tokio::time::timeout(Duration::from_millis(5), sending).await;
            crowd.push(stream);
            peak = peak.max(memory());
        }
        let end = tokio::time::Instant::now() + STAY;
        while tokio::time::Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
            peak = peak.max(memory());
        }
        drop(crowd);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let closed = memory();
        tokio::time::sleep(AFTERWARDS).await;
        let later = memory();
        println!("{name:<36}{idle:>10.1}{peak:>10.1}{closed:>10.1}{later:>12.1}");
        server.stop().await?;
    }
    Ok(())
}

fn allow_files(number: usize) -> Result<(), Box<dyn Error>> {
    let limit = getrlimit(Resource::Nofile);
    let current = Some(u64::try_from(number)? + 100);
    setrlimit(Resource::Nofile, Rlimit { current, ..limit })?;
    Ok(())
}
