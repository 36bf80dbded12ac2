//! One run of a program: starts it, writes the event, reads the output and ensures that it ends.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use doorsign_hook::{Delivery, NOTES_MAX_BYTES};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use crate::Settings;
use crate::group::Group;

/// The search path of a program: with the event's variables, its whole environment.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How long to continue with a dead program, to read its remaining output and to reap it.
const GRACE: Duration = Duration::from_millis(500);

/// Why a run has no exit code.
#[derive(Debug)]
pub(crate) enum Unfinished {
    /// It exceeded the time limit and was killed.
    OverLimit,
    /// It could not be started.
    NotStarted(io::Error),
    /// The system did not report its exit.
    Lost(io::Error),
}

/// Runs the program at `path` for one event and adds its output to the notes. No process is left
/// when this returns or is dropped.
pub(crate) async fn run(
    path: &Path,
    settings: &Settings,
    delivery: &Delivery,
) -> Result<ExitStatus, Unfinished> {
    let (mut child, output) = start(path, delivery).map_err(Unfinished::NotStarted)?;
    let mut group = Group::led_by(&child);
    group.bound(settings.memory_max_bytes);
    let mut kept = Vec::new();
    let communicate = communicate(child.stdin.take(), delivery.event.json(), output, &mut kept);
    let ended = timeout(
        settings.limit,
        until_end(&mut child, &mut group, communicate),
    )
    .await;
    if ended.is_err() {
        group.kill();
        let _ = timeout(GRACE, child.wait()).await;
    }
    delivery.note(&readable(&kept));
    ended
        .map_err(|_| Unfinished::OverLimit)?
        .map_err(Unfinished::Lost)
}

/// Starts the program as leader of a new process group. Both outputs share one pipe, which keeps
/// the order of lines.
fn start(path: &Path, delivery: &Delivery) -> io::Result<(Child, Receiver)> {
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(path);
    command
        .current_dir(path.parent().unwrap_or(path))
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .env_clear()
        .env("PATH", PATH)
        .env("DOORSIGN_EVENT_ID", delivery.event.key())
        .env("DOORSIGN_EVENT_TYPE", delivery.event.kind())
        .env("DOORSIGN_ATTEMPT", delivery.attempt.to_string());
    let output = Receiver::from_owned_fd(OwnedFd::from(reader))?;
    Ok((command.spawn()?, output))
}

/// Waits for the program itself, even if other processes hold its pipes, and kills the rest of its group.
async fn until_end(
    child: &mut Child,
    group: &mut Group,
    communicate: impl Future<Output = ()>,
) -> io::Result<ExitStatus> {
    let mut communicate = std::pin::pin!(communicate);
    let mut ended = std::pin::pin!(async {
        let status = child.wait().await;
        group.kill();
        status
    });
    tokio::select! {
        status = &mut ended => {
            let _ = timeout(GRACE, communicate).await;
            status
        }
        () = &mut communicate => ended.await,
    }
}

/// Writes and reads concurrently: a program may do either first.
async fn communicate(
    stdin: Option<ChildStdin>,
    event: String,
    output: Receiver,
    kept: &mut Vec<u8>,
) {
    tokio::join!(feed(stdin, event), listen(output, kept));
}

/// Writes the event and a newline, and closes standard input. Errors are ignored: a program need
/// not read the event.
async fn feed(stdin: Option<ChildStdin>, mut event: String) {
    event.push('\n');
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(event.as_bytes()).await;
    }
}

/// Reads to the end. Keeps as much as the notes can hold plus one byte, which shows that the output
/// was cut.
async fn listen(mut output: Receiver, kept: &mut Vec<u8>) {
    let mut chunk = vec![0; 64 << 10];
    while let Ok(read @ 1..) = output.read(&mut chunk).await {
        let room = (NOTES_MAX_BYTES + 1).saturating_sub(kept.len());
        kept.extend_from_slice(&chunk[..read.min(room)]);
    }
}

/// Converts output to text without control characters, because it is shown in terminals.
fn readable(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    text.replace(
        |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t'),
        "\u{fffd}",
    )
}
