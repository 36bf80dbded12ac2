//! How a command tells the running server that it has changed the database, so that the change is honoured before the command ends.
//! A socket in the data folder carries no content: to connect is the message, a line back is the receipt. Knows nothing of what
//! changed.
//!
//! A command can be paused or killed between its commit and its notice, so the server also looks by itself.

use crate::server::data_folder::Folder;
use crate::store::Store;
use std::io::{Read, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;

/// How long a command waits for the receipt.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the server looks by itself. Half a second, so that a revoked login is cut off within one.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// How long the server waits after it could not accept a notice.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Listens in `folder`, whose lock the caller holds. `None` where there can be no socket, which is said in the log.
pub fn listen(folder: &Folder) -> Option<UnixListener> {
    let path = folder.socket();
    // One that is left over belongs to a server that is gone: the lock says so.
    let _ = std::fs::remove_file(&path);
    UnixListener::bind(&path)
        .inspect_err(|error| tracing::warn!(path = %path.display(), %error, "changes by the command line are honoured within a second"))
        .ok()
}

/// Announces what other processes have written, forever: with each of their notices, and without one soon after the commit.
pub async fn take(listener: Option<UnixListener>, store: Arc<dyn Store>) {
    tokio::join!(answer(listener, &*store), look(&*store));
}

async fn look(store: &dyn Store) {
    loop {
        tokio::time::sleep(LOOK_INTERVAL).await;
        // A failure is logged by the store, and the next look follows.
        let _ = store.notice_other_processes().await;
    }
}

async fn answer(listener: Option<UnixListener>, store: &dyn Store) {
    let Some(listener) = listener else { return };
    loop {
        let Ok((mut notice, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        if store.refresh().await.is_ok() {
            let _ = notice.write_all(b"ok\n").await;
        }
    }
}

/// Tells the server on `folder`, if one runs, and waits until it has taken notice.
///
/// # Errors
/// When one runs and does not answer: the change stands, and is honoured when the server is started anew.
pub fn give(folder: &Folder) -> Result<()> {
    let Ok(mut server) = std::os::unix::net::UnixStream::connect(folder.socket()) else {
        return Ok(());
    };
    server.set_read_timeout(Some(PATIENCE))?;
    let mut receipt = [0; 3];
    server.read_exact(&mut receipt)
}
