//! Shared by the commands that work on a data folder: opening it, running one use case, notifying a running server.

use super::serving::survive_file_size_limit;
use super::{Outcome, print};
use crate::app::{App, SystemClock};
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::hooks::registry::Webhooks;
use crate::server::control_socket;
use crate::server::data_folder::Folder;
use crate::store::sqlite::SqliteStore;
use std::io::{BufRead, Read};
use std::path::Path;
use std::sync::Arc;

/// Runs `work` on the data folder, prints the text that it returns, and notifies a running server.
pub(super) fn with_app(
    config: &Config,
    work: impl AsyncFnOnce(&App) -> crate::domain::Result<String>,
) -> Outcome {
    let in_folder =
        |e: std::io::Error| format!("cannot use the data folder {}: {e}", config.data.display());
    let folder = Folder::existing(&config.data).map_err(in_folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    runtime.block_on(async {
        survive_file_size_limit();
        let store = Arc::new(
            SqliteStore::open(&folder.database(), 1, config.max_database_mib)
                .map_err(|e| e.to_string())?,
        );
        let tokens = tokens(&folder)?;
        let clock = Arc::new(SystemClock);
        let webhooks = Arc::new(Webhooks::new(config, clock.clone()));
        let app =
            App::new(config, store.clone(), clock, tokens, webhooks).map_err(|e| e.to_string())?;
        let done = work(&app).await.map_err(|e| e.to_string());
        store.close().await;
        // Print first: a secret is shown only once. Notify the server even if printing fails, because the change is committed.
        let printed = print(&done?);
        let noticed = control_socket::give(&folder)
            .map_err(|e| format!("done, but the running server was not notified: {e}"));
        printed.and(noticed)
    })
}

/// The tokens of the folder. While a server runs, a missing secret is not replaced: the server would not know the new one.
fn tokens(folder: &Folder) -> Result<Tokens, String> {
    let path = folder.token_secret();
    let tokens = if !path.exists() && folder.is_locked() {
        Tokens::unsaved()
    } else {
        Tokens::open(&path)
    };
    tokens.map_err(|e| format!("cannot use the token secret: {e}"))
}

/// Refuses to sign a token that the running server would reject, as when `token-secret` was removed or replaced meanwhile.
pub(super) fn check_secret(config: &Config) -> Outcome {
    let in_folder =
        |e: std::io::Error| format!("cannot use the data folder {}: {e}", config.data.display());
    let folder = Folder::existing(&config.data).map_err(in_folder)?;
    let Some(running) = folder.published_fingerprint().map_err(in_folder)? else {
        return Ok(());
    };
    if tokens(&folder)?.fingerprint() == running {
        return Ok(());
    }
    Err(format!(
        "{} is missing or was replaced, but the running server still uses the old secret: restart the server, then try again",
        folder.token_secret().display()
    ))
}

/// Reads a password from the first line of `file`, or of standard input for `-`, so that it is not in the process list. Strips the byte
/// order mark that some editors write.
pub(super) fn read_password(file: &Path) -> Result<String, String> {
    let in_file =
        |e: std::io::Error| format!("cannot read the password from {}: {e}", file.display());
    let mut line = String::new();
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(in_file)?;
    } else {
        std::fs::File::open(file)
            .and_then(|mut file| file.read_to_string(&mut line))
            .map_err(in_file)?;
    }
    let text = line.strip_prefix('\u{feff}').unwrap_or(&line);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
