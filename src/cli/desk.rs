//! What the commands on a data folder share: opening it, running one use case, and telling a running server about it.

use super::serving::survive_file_size_limit;
use super::{Outcome, print};
use crate::app::{App, SystemClock};
use crate::config::Config;
use crate::folder::Folder;
use crate::notice;
use crate::store::sqlite::SqliteStore;
use crate::tokens::Tokens;
use std::io::{BufRead, Read};
use std::path::Path;
use std::sync::Arc;

/// Runs `work` on the data folder of the settings, whether a server runs on it or not, prints the text that it gives, and tells the
/// server.
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
        let app = App::new(config, store.clone(), Arc::new(SystemClock), tokens)
            .map_err(|e| e.to_string())?;
        let done = work(&app).await.map_err(|e| e.to_string());
        store.close().await;
        // What is shown once is shown first; and what is done is told to the server, even when nobody could be shown it.
        let printed = print(&done?);
        let noticed = notice::give(&folder)
            .map_err(|e| format!("done, but the running server has not taken notice: {e}"));
        printed.and(noticed)
    })
}

/// The tokens of the folder. Beside a running server, a missing secret is not replaced: the server would not know the new one.
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
        "{} is missing or was replaced, and the running server still signs with the secret it had: restart the server, then try again",
        folder.token_secret().display()
    ))
}

/// A password from `file`, or from standard input where that is `-`: its first line, so that it is in no process list. The byte order
/// mark that some editors put first is no part of it.
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
