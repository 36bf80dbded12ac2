//! What only the first start shows: the administrator's password, and lines to try the server.

use super::links;
use super::output::Outcome;
use super::shell::{create_line, login_line, password_in_shell, status_lines};
use crate::app::App;
use crate::config::Config;
use crate::server::FirstAdmin;
use crate::server::data_folder::Folder;
use std::io::{IsTerminal, Result, Write, stdout};

/// Shows how to log in as `admin`, who is not created if this fails. A generated password is
/// printed on a terminal only: other output may be kept, as in a journal. Without a terminal, it is
/// in a file of the data folder.
pub(super) fn announce(admin: &FirstAdmin, folder: &Folder) -> Result<()> {
    let username = &admin.username;
    match &admin.password {
        None => {
            // An earlier attempt that was killed may have left a generated one.
            folder.discard_admin_password();
            print(&format!(
                "The administrator {username} has the given password.\n"
            ))
        }
        Some(password) if stdout().is_terminal() => print(&format!(
            "The administrator {username} has the password {password} (shown only once).\n"
        )),
        Some(password) => {
            let file = folder.keep_admin_password(password)?;
            let path = std::path::absolute(&file).unwrap_or(file);
            print(&format!(
                "The administrator {username} has the password in the file {} (delete it after reading).\n",
                path.display()
            ))
        }
    }
}

/// Returns a link to start with, and lines to try the server at `url`; empty unless a person can
/// read them: other output may be kept, as in a journal, and the link is a secret.
pub(super) async fn lines_to_try(
    url: &str,
    config: &Config,
    app: &App,
    admin: &FirstAdmin,
) -> Outcome<String> {
    if !stdout().is_terminal() {
        return Ok(String::new());
    }
    let site = config.site_url.as_deref().unwrap_or(url);
    let link = links::first(app, &admin.username, site).await?;
    let random = admin.password.as_deref();
    let hint = match (random, &config.admin_password_file) {
        (Some(_), _) | (None, Some(_)) => "",
        _ => ", with the administrator's password in DOORSIGN_ADMIN_PASSWORD",
    };
    Ok(format!(
        "{link}\nTo try it, paste these lines into another terminal{hint}:\n\n{}\n{}\n{}\n\n",
        login_line(url, &admin.username, &password_in_shell(config, random)),
        create_line(url),
        status_lines(url),
    ))
}

/// Writes to standard output. Unlike elsewhere, a closed pipe is an error.
fn print(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
