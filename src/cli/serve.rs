//! `doorsign serve`: runs the server. The greeting goes to standard output, the log to standard
//! error.

use super::output::Outcome;
use super::run_server;
use super::shell::{create_line, login_line, password_in_shell, status_lines};
use crate::app::SystemClock;
use crate::config::{Config, Loaded};
use crate::server::data_folder::Folder;
use crate::server::{FirstAdmin, Server};
use doorsign_hook::PostCreateHook;
use std::sync::Arc;

pub(super) fn run(loaded: Loaded, hooks: Vec<Arc<dyn PostCreateHook>>) -> Outcome {
    let config = loaded.config.clone();
    // First of all, because another program may be waiting for the file already.
    if !Folder::is_in_use(&config.data) {
        run_server::remove_stale_ready_file(&config);
    }
    let open = |config| Server::open(config, Arc::new(SystemClock), hooks);
    let greeting = |url: &str, config: &Config, server: &Server| {
        Ok(greeting(url, config, server.first_admin.as_ref()))
    };
    run_server::run(&config, loaded, open, greeting)
}

fn greeting(url: &str, config: &Config, first_admin: Option<&FirstAdmin>) -> String {
    let username = first_admin.map_or(&config.admin_username, |admin| &admin.username);
    let random = first_admin.and_then(|admin| admin.password.as_deref());
    let created = match (first_admin, random) {
        (Some(_), Some(password)) => {
            format!(
                "Created the administrator {username} with the password {password} (shown only once).\n"
            )
        }
        (Some(_), None) => {
            format!("Created the administrator {username} with the given password.\n")
        }
        (None, _) => String::new(),
    };
    let hint = match (random, &config.admin_password_file) {
        (Some(_), _) | (None, Some(_)) => "",
        _ => ", with the administrator's password in DOORSIGN_ADMIN_PASSWORD",
    };
    format!(
        "doorsign {} listens on {url}, with its data in {}.\n{created}\n\
         To try it, paste these lines into another terminal{hint}:\n\n{}\n{}\n{}\n\n",
        env!("CARGO_PKG_VERSION"),
        config.data.display(),
        login_line(url, username, &password_in_shell(config, random)),
        create_line(url),
        status_lines(url),
    )
}
