//! Links to choose a password, as commands print them.

use super::listener::{resolve, url};
use super::output::Outcome;
use super::time::Zone;
use crate::api::join_url;
use crate::app::App;
use crate::config::{Config, read_small_file};
use crate::domain::{Caller, UserKey, Username};
use crate::service::invitations::{self, Invitee, IssuedLink};

/// Invites a new user.
pub(super) async fn invite(
    app: &App,
    new: Invitee,
    (config, zone): (&Config, &Zone),
) -> Outcome<String> {
    let link = invitations::invite(app, Caller::Operator, new).await?;
    let record = &link.record;
    let (name, id) = (record.username.as_str(), record.invitation.user.as_str());
    let shown = shown(&link, (config, zone));
    Ok(format!("Invited {name} with the id {id}.\n{shown}"))
}

/// Creates a link with which an existing user chooses a new password.
pub(super) async fn reset(
    app: &App,
    username: &str,
    (config, zone): (&Config, &Zone),
) -> Outcome<String> {
    let key = UserKey::Username(username.to_owned());
    let link = invitations::reset(app, Caller::Operator, key).await?;
    Ok(shown(&link, (config, zone)))
}

/// Creates the link with which the first administrator, who never logged in, starts at `url`.
pub(super) async fn first(app: &App, username: &str, url: &str) -> Outcome<String> {
    let key = UserKey::Username(username.to_owned());
    let link = invitations::invite_again(app, Caller::Operator, key).await?;
    Ok(format!(
        "\nTo start in a browser, open this link and choose a password of your own (it works once, for three days):\n\n{}\n",
        join_url(url, &link)
    ))
}

fn shown(link: &IssuedLink, (config, zone): (&Config, &Zone)) -> String {
    let record = &link.record;
    let name = Username::as_str(&record.username);
    let end = zone.date(record.invitation.expires_at);
    let url = join_url(&site(config), link);
    let hint = match config.site_url {
        Some(_) => "",
        None => {
            "Do others reach the server at another address? Set site_url, or replace the start of the link.\n"
        }
    };
    format!(
        "Give {name} this link to choose a password. It works once, until {end}:\n{url}\n{hint}"
    )
}

/// Returns the URL of the server: the setting, or the address of the running server if the settings
/// name a ready file, or the address to listen on.
pub(super) fn site(config: &Config) -> String {
    let ready = || read_small_file(config.ready_file.as_deref()?).ok();
    let listener = || resolve(&config.listen).map(url).ok();
    let found = config.site_url.clone().or_else(ready).or_else(listener);
    found.unwrap_or_else(|| format!("http://{}", config.listen))
}
