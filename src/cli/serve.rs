//! `doorsign serve`: the server at the terminal. What it prints to standard output is for people; the log goes to standard error.

use super::Outcome;
use super::serving::{self, Place, create_line};
use crate::app::SystemClock;
use crate::config::{Config, Loaded, SecretSource};
use crate::folder::Folder;
use crate::server::{FirstAdmin, Server};
use doorsign_hook::PostCreateHook;
use std::sync::Arc;

pub(super) fn run(loaded: Loaded, hooks: Vec<Arc<dyn PostCreateHook>>) -> Outcome {
    let config = loaded.config.clone();
    // Before anything that takes time or may fail: somebody may be waiting for the file already.
    if !Folder::is_in_use(&config.data) {
        serving::remove_stale_ready_file(&config);
    }
    serving::on_runtime(&config, serve(&config, loaded, hooks))
}

async fn serve(config: &Config, loaded: Loaded, hooks: Vec<Arc<dyn PostCreateHook>>) -> Outcome {
    // Taken first: a start that fails here must not have made an administrator whose password nobody was shown.
    let place = Place::take(config).await?;
    let server = Server::open(config.clone(), Arc::new(SystemClock), hooks)
        .await
        .map_err(|e| e.to_string())?;
    let greeting = greeting(&place.url, config, server.first_admin.as_ref());
    place.serve(server, config, loaded, &greeting).await
}

fn greeting(url: &str, config: &Config, first_admin: Option<&FirstAdmin>) -> String {
    let username = first_admin.map_or(&config.admin_username, |admin| &admin.username);
    let made_up = first_admin.and_then(|admin| admin.password.as_deref());
    let told = match (first_admin, made_up) {
        (Some(_), Some(password)) => {
            format!(
                "The administrator {username} was created with the password {password}, shown this once.\n"
            )
        }
        (Some(_), None) => {
            format!("The administrator {username} was created with the password given.\n")
        }
        (None, _) => String::new(),
    };
    let hint = match (made_up, &config.admin_password_source) {
        (Some(_), _) | (None, Some(SecretSource::File(_))) => "",
        _ => ", with the administrator's password in DOORSIGN_ADMIN_PASSWORD",
    };
    format!(
        "doorsign {} listens on {url}, with its data in {}.\n{told}\nTry it, in another terminal{hint}:\n\n{}\n{}\n\n",
        env!("CARGO_PKG_VERSION"),
        config.data.display(),
        login_line(url, username, &password_in_shell(config, made_up)),
        create_line(url),
    )
}

/// Sets `$ID` and `$TOKEN` in the shell it is pasted into. The body is a form, because curl encodes any password for one.
fn login_line(url: &str, username: &str, password: &str) -> String {
    let username = quoted(&format!("user={username}"));
    format!(
        "eval \"$(curl -s {url}/api/v1/login --data-urlencode {username} --data-urlencode {password} \
         | sed -nE 's/.*\"userId\":\"([^\"]+)\",\"authToken\":\"([^\"]+)\".*/ID=\\1 TOKEN=\\2/p')\""
    )
}

/// How a shell writes the password's field: the password itself only when it was made up here, and shown above anyway.
fn password_in_shell(config: &Config, made_up: Option<&str>) -> String {
    match (made_up, &config.admin_password_source) {
        (Some(password), _) => format!("password={password}"),
        (None, Some(SecretSource::File(path))) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let path = quoted(&path.display().to_string());
            format!("\"password=$(cat {path})\"")
        }
        _ => "\"password=$DOORSIGN_ADMIN_PASSWORD\"".to_owned(),
    }
}

/// One word of a shell's line, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
