//! One run of a program: start, event in, output out, and an end in any case. It does not know what an end means.

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

/// Where a program finds others; all that it has of an environment, but for the event's own.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How long to go on with a program that is dead: to read what it has left in the pipe, to see its end.
const GRACE: Duration = Duration::from_millis(500);

/// Why there is no exit code.
#[derive(Debug)]
pub(crate) enum Unfinished {
    /// It ran for too long and was killed.
    OverLimit,
    /// It never ran.
    NotStarted(io::Error),
    /// The system would not tell.
    Lost(io::Error),
}

/// Runs the program at `path` for one event, and notes what it prints. Nothing of it is left when this returns or is
/// dropped.
pub(crate) async fn run(
    path: &Path,
    settings: &Settings,
    delivery: &Delivery,
) -> Result<ExitStatus, Unfinished> {
    let (mut child, output) = start(path, delivery).map_err(Unfinished::NotStarted)?;
    let mut group = Group::led_by(&child);
    group.bound(settings.memory_max_bytes);
    let mut kept = Vec::new();
    let talk = talk(child.stdin.take(), delivery.event.json(), output, &mut kept);
    let ended = timeout(settings.limit, until_end(&mut child, &mut group, talk)).await;
    if ended.is_err() {
        group.kill();
        let _ = timeout(GRACE, child.wait()).await;
    }
    delivery.note(&readable(&kept));
    ended
        .map_err(|_| Unfinished::OverLimit)?
        .map_err(Unfinished::Lost)
}

/// Starts it as the leader of a new process group. Both outputs are one pipe, so that lines stay in their order.
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

/// Waits for the program alone, whoever holds its pipes, and ends what it has left running.
async fn until_end(
    child: &mut Child,
    group: &mut Group,
    talk: impl Future<Output = ()>,
) -> io::Result<ExitStatus> {
    let mut talk = std::pin::pin!(talk);
    let mut ended = std::pin::pin!(async {
        let status = child.wait().await;
        group.kill();
        status
    });
    tokio::select! {
        status = &mut ended => {
            let _ = timeout(GRACE, talk).await;
            status
        }
        () = &mut talk => ended.await,
    }
}

/// Writes and reads at once: a program that does either first must not wait for us to do the other.
async fn talk(stdin: Option<ChildStdin>, event: String, output: Receiver, kept: &mut Vec<u8>) {
    tokio::join!(tell(stdin, event), listen(output, kept));
}

/// The event, a line feed, and the end of input. A program need not read it: its exit code says what came of it.
async fn tell(stdin: Option<ChildStdin>, mut event: String) {
    event.push('\n');
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(event.as_bytes()).await;
    }
}

/// Reads to the end, and keeps as much as can be noted and a byte more, by which it is seen that something was cut.
async fn listen(mut output: Receiver, kept: &mut Vec<u8>) {
    let mut chunk = vec![0; 64 << 10];
    while let Ok(read @ 1..) = output.read(&mut chunk).await {
        let room = (NOTES_MAX_BYTES + 1).saturating_sub(kept.len());
        kept.extend_from_slice(&chunk[..read.min(room)]);
    }
}

/// As text without control characters: it is shown in terminals, where they could do anything.
fn readable(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    text.replace(
        |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t'),
        "\u{fffd}",
    )
}
