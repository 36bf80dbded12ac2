//! Starts and stops a doorsign server for a measurement.

use super::http::Connection;
use std::error::Error;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A server that has sent its first response. Dropping it kills it.
pub struct Server {
    /// Its process.
    pub process: Child,
    /// Its address: host and port.
    pub address: String,
    /// The time from its start to its first response with status 200.
    pub ready: Duration,
    /// Kept open: a server ends when it cannot print.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts `program` with `arguments` on the folder `data` in `folder`, on a free port, logging
    /// only errors.
    pub async fn start(
        program: &Path,
        arguments: &[&str],
        folder: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let began = Instant::now();
        let mut process = Command::new(program)
            .args(arguments)
            .args([
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
        // The server prints its address before it accepts the first request, so waiting for it costs
        // no time. A line about the administrator may come first.
        let address = loop {
            let line = lines.next_line().await?;
            let line = line.ok_or("the server did not print its address")?;
            if let Some(address) = address(&line) {
                break address.to_owned();
            }
        };
        let request = format!("GET /api/info HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let mut connection = Connection::open(&address).await?;
        let answer = connection.exchange(request.as_bytes()).await?;
        match answer.status {
            200 => Ok(Self {
                process,
                address,
                ready: began.elapsed(),
                _lines: lines,
            }),
            status => Err(format!("{status}: {}", String::from_utf8_lossy(answer.body)).into()),
        }
    }

    /// Asks the server to stop, as a service manager does, and waits until it has ended.
    pub async fn stop(mut self) -> Result<(), Box<dyn Error>> {
        let pid = self.process.id().ok_or("the server has ended")?;
        let mut kill = Command::new("kill");
        kill.args(["-s", "TERM", &pid.to_string()]).status().await?;
        let ended = self.process.wait().await?;
        ended
            .success()
            .then_some(())
            .ok_or_else(|| ended.to_string().into())
    }
}

/// Extracts the address from `... listens on http://ADDRESS, ...`.
fn address(greeting: &str) -> Option<&str> {
    let (_, rest) = greeting.split_once("http://")?;
    Some(rest.split_once(',')?.0)
}
