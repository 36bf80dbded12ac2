//! The socket by which a command notifies the running server of a change, so that
//! the change takes effect before the command ends. It lies in the data folder and carries no
//! content: connecting is the message, and a line back is the receipt.
//!
//! A command can be paused or killed between its commit and its notice, so the server also polls.

use crate::server::data_folder::Folder;
use crate::store::Store;
use std::io::{Read, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;

/// How long a command waits for the receipt.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the server polls: every half second, so that a revoked login ends within one second.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The pause after a failure to accept a notice.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Listens in `folder`, which the caller has locked. Logs a warning and returns `None` if the
/// socket cannot be created.
pub fn listen(folder: &Folder) -> Option<UnixListener> {
    let path = folder.socket();
    // A leftover socket belongs to a server that has ended: we hold the lock.
    let _ = std::fs::remove_file(&path);
    UnixListener::bind(&path)
        .inspect_err(|error| tracing::warn!(path = %path.display(), %error, "cannot listen on the control socket; changes made by commands take effect within a second"))
        .ok()
}

/// Publishes writes of other processes, forever: at once after a notice, otherwise at the next
/// poll.
pub async fn publish_changes(listener: Option<UnixListener>, store: Arc<dyn Store>) {
    tokio::join!(answer(listener, &*store), poll(&*store));
}

async fn poll(store: &dyn Store) {
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        // The store logs failures, and the next poll follows.
        let _ = store.notice_other_processes().await;
    }
}

async fn answer(listener: Option<UnixListener>, store: &dyn Store) {
    let Some(listener) = listener else { return };
    loop {
        let Ok((mut notice, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_RETRY_INTERVAL).await;
            continue;
        };
        if store.refresh().await.is_ok() {
            let _ = notice.write_all(b"ok\n").await;
        }
    }
}

/// Notifies the server on `folder`, if one runs, and waits for its receipt.
///
/// # Errors
/// When the server does not answer. The change stands and takes effect when the server is
/// restarted.
pub fn notify(folder: &Folder) -> Result<()> {
    let Ok(mut server) = std::os::unix::net::UnixStream::connect(folder.socket()) else {
        return Ok(());
    };
    server.set_read_timeout(Some(RECEIPT_TIMEOUT))?;
    let mut receipt = [0; 3];
    server.read_exact(&mut receipt)
}
