//! Shared by the commands that work on a data folder: opening it, running one use case, notifying a
//! running server.

use super::output::{Outcome, print};
use super::signals::survive_file_size_limit;
use super::time::Zone;
use crate::app::{App, SystemClock};
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::hooks::registry::Webhooks;
use crate::server::control_socket;
use crate::server::data_folder::Folder;
use crate::store::{self, DatabaseSettings};
use std::io::Write;
use std::sync::{Arc, Once};
use std::time::Duration;

/// How long a command waits for the lock of another process. A server on a slow disk may hold it for
/// several seconds at a time.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
/// The pause between two attempts to take the lock.
const LOCK_INTERVAL: Duration = Duration::from_millis(20);
/// After this time, the command says what it waits for.
const LOCK_NOTE: Duration = Duration::from_secs(2);

/// Runs `work` on the data folder, prints the text that it returns, and notifies a running server.
pub(super) fn with_app(
    config: &Config,
    work: impl AsyncFnOnce(&App, &Zone) -> Outcome<String>,
) -> Outcome {
    let (folder, zone) = (folder(config)?, Zone::of(config)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        survive_file_size_limit();
        let store = store::open_beside_server(DatabaseSettings {
            max_mib: config.max_database_mib,
            while_locked: Some(wait_for_lock),
            ..DatabaseSettings::of(&folder.database())
        })?;
        let clock = Arc::new(SystemClock);
        let webhooks = Arc::new(Webhooks::new(config, clock.clone())?);
        let app = App::new(config, store.clone(), clock, tokens(&folder)?, webhooks)?;
        let done = work(&app, &zone).await;
        store.close().await;
        // Print first: a secret is shown only once. Notify the server even if printing fails,
        // because the change is committed.
        let printed = print(&done?);
        let noticed = control_socket::notify(&folder);
        printed?;
        noticed.map_err(|e| format!("done, but the running server was not notified: {e}").into())
    })
}

/// Waits while another process locks the database, such as a server that syncs to a slow disk.
/// `attempts` is the number of earlier calls. Returns whether to keep waiting.
#[expect(
    clippy::disallowed_methods,
    reason = "SQLite has no other way to wait for the lock of another process"
)]
fn wait_for_lock(attempts: i32) -> bool {
    static NOTED: Once = Once::new();
    let waited = LOCK_INTERVAL.saturating_mul(u32::try_from(attempts).unwrap_or_default());
    if waited >= LOCK_NOTE {
        NOTED.call_once(|| {
            let seconds = LOCK_TIMEOUT.as_secs();
            let _ = writeln!(
                std::io::stderr(),
                "doorsign: another process is writing to the database; waiting for up to {seconds} seconds"
            );
        });
    }
    std::thread::sleep(LOCK_INTERVAL);
    waited < LOCK_TIMEOUT
}

fn folder(config: &Config) -> Outcome<Folder> {
    let data = config.data.display();
    Folder::existing(&config.data)
        .map_err(|e| format!("cannot use the data folder {data}: {e}").into())
}

/// The tokens of the folder. While a server runs, a missing secret is not replaced: the server
/// would not know the new one.
fn tokens(folder: &Folder) -> Outcome<Tokens> {
    let path = folder.token_secret();
    let tokens = if !path.exists() && folder.is_locked() {
        Tokens::unsaved()
    } else {
        Tokens::open(&path)
    };
    tokens.map_err(|e| format!("cannot use the token secret: {e}").into())
}

/// Refuses to sign a token that the running server would reject, as when `token-secret` was removed
/// or replaced meanwhile.
pub(super) fn check_secret(config: &Config) -> Outcome {
    let folder = folder(config)?;
    let Some(running) = folder.published_fingerprint()? else {
        return Ok(());
    };
    if tokens(&folder)?.fingerprint() == running {
        return Ok(());
    }
    Err(format!(
        "{} is missing or was replaced, but the running server still uses the old secret: restart the server, then try again",
        folder.token_secret().display()
    )
    .into())
}
