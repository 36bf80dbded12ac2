//! Shared by the commands that work on a data folder: opening it, running one use case, notifying a
//! running server.

use super::output::{Outcome, print};
use super::signals::survive_file_size_limit;
use crate::app::{App, SystemClock};
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::hooks::registry::Webhooks;
use crate::server::control_socket;
use crate::server::data_folder::Folder;
use crate::store::{self, DatabaseSettings};
use std::sync::Arc;

/// Runs `work` on the data folder, prints the text that it returns, and notifies a running server.
pub(super) fn with_app(
    config: &Config,
    work: impl AsyncFnOnce(&App) -> Outcome<String>,
) -> Outcome {
    let folder = folder(config)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        survive_file_size_limit();
        let store = store::open_beside_server(DatabaseSettings {
            max_mib: config.max_database_mib,
            ..DatabaseSettings::of(&folder.database())
        })?;
        let clock = Arc::new(SystemClock);
        let webhooks = Arc::new(Webhooks::new(config, clock.clone()));
        let app = App::new(config, store.clone(), clock, tokens(&folder)?, webhooks)?;
        let done = work(&app).await;
        store.close().await;
        // Print first: a secret is shown only once. Notify the server even if printing fails,
        // because the change is committed.
        let printed = print(&done?);
        let noticed = control_socket::notify(&folder);
        printed?;
        noticed.map_err(|e| format!("done, but the running server was not notified: {e}").into())
    })
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
