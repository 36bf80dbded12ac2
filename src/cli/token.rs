//! `doorsign token`: creates, lists and revokes personal access tokens.

use super::desk::{check_secret, with_app};
use super::{Outcome, date, text};
use crate::config::Config;
use crate::domain::Login;
use crate::service::users;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::time::Duration;

pub(super) fn command() -> Command {
    let user = || {
        Arg::new("username")
            .value_name("USER")
            .required(true)
            .help("Username")
    };
    let name = || {
        Arg::new("name")
            .long("name")
            .value_name("NAME")
            .required(true)
            .help("Name of the token")
    };
    let expires = Arg::new("expires")
        .long("expires")
        .value_name("DAYS")
        .value_parser(value_parser!(u32).range(1..=36500))
        .help("Days until the token expires; without it, the token is valid until you revoke it");
    Command::new("token")
        .about("Create, list and revoke personal access tokens")
        .subcommand_required(true)
        .subcommand(
            Command::new("create")
                .about("Create a token and print the two headers to send")
                .arg(user())
                .arg(name())
                .arg(expires),
        )
        .subcommand(
            Command::new("list")
                .about("List a user's logins and tokens")
                .arg(user()),
        )
        .subcommand(
            Command::new("revoke")
                .about("Revoke a token at once")
                .arg(user())
                .arg(name()),
        )
}

pub(super) fn run(config: &Config, matches: &ArgMatches) -> Outcome {
    match matches.subcommand() {
        Some(("create", matches)) => create(config, matches),
        Some(("list", matches)) => list(config, matches),
        Some(("revoke", matches)) => revoke(config, matches),
        _ => Err("unknown command".to_owned()),
    }
}

fn create(config: &Config, matches: &ArgMatches) -> Outcome {
    let (user, name) = (text(matches, "username"), text(matches, "name"));
    check_secret(config)?;
    let day = Duration::from_secs(24 * 60 * 60);
    let life = matches.get_one::<u32>("expires").map(|days| day * *days);
    with_app(config, async |app| {
        let (id, token) = users::create_token(app, user, name, life).await?;
        Ok(format!(
            "X-User-Id: {}\nX-Auth-Token: {token}\n",
            id.as_str()
        ))
    })
}

fn list(config: &Config, matches: &ArgMatches) -> Outcome {
    with_app(config, async |app| {
        let logins = users::list_logins(app, text(matches, "username")).await?;
        Ok(logins.iter().map(line).collect())
    })
}

fn line(login: &Login) -> String {
    let name = login.token_name().unwrap_or("(login)");
    let end = login.expires_at.map_or("never".to_owned(), date);
    format!(
        "{}\tcreated {}\texpires {end}\n",
        name.escape_debug(),
        date(login.created_at)
    )
}

fn revoke(config: &Config, matches: &ArgMatches) -> Outcome {
    let (user, name) = (text(matches, "username"), text(matches, "name"));
    with_app(config, async |app| {
        users::revoke_token(app, user, name).await?;
        Ok(format!("Revoked the token {name} of {user}.\n"))
    })
}
