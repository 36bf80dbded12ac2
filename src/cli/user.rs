//! `doorsign user`: people, at the command line.

use super::Outcome;
use super::desk::{read_password, with_app};
use crate::app::Ids;
use crate::config::Config;
use crate::domain::{PresencePolicy, User};
use crate::service::users;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::path::PathBuf;

pub(super) fn command() -> Command {
    let name = || {
        Arg::new("username")
            .value_name("USER")
            .required(true)
            .help("The name to log in with")
    };
    let password = || {
        Arg::new("password_from")
            .long("password-from")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Read the password from the first line of FILE, or of standard input with -; else one is made up and printed")
    };
    let role = || {
        Arg::new("role")
            .long("role")
            .value_name("ROLE")
            .action(ArgAction::Append)
    };
    let words = PresencePolicy::ALL.map(PresencePolicy::as_str);
    let policy = Arg::new("policy")
        .value_name("POLICY")
        .value_parser(PossibleValuesParser::new(words))
        .required(true)
        .help("A live connection, heartbeats alone, or nothing: always online");
    Command::new("user")
        .about("Add and change users; a running server honours it at once")
        .subcommand_required(true)
        .subcommand(
            Command::new("add")
                .about("Add a user")
                .arg(name())
                .arg(Arg::new("name").long("name").help("The name to show"))
                .arg(Arg::new("email").long("email").help("The e-mail address"))
                .arg(role().help("A role, several times if need be; `user` when none is given"))
                .arg(password()),
        )
        .subcommand(Command::new("list").about("List the users with their roles"))
        .subcommand(
            Command::new("set-password")
                .about("Set a password and end the logins made with the old one")
                .arg(name())
                .arg(password()),
        )
        .subcommand(
            Command::new("unblock")
                .about("Let a user log in again whom failed logins have blocked")
                .arg(name()),
        )
        .subcommand(
            Command::new("set-roles")
                .about("Replace a user's roles")
                .arg(name())
                .arg(
                    Arg::new("roles")
                        .value_name("ROLE")
                        .num_args(0..)
                        .help("All the roles the user is to have"),
                ),
        )
        .subcommand(
            Command::new("set-presence")
                .about("Say by what a user, such as a bot, counts as connected")
                .arg(name())
                .arg(policy),
        )
        .subcommand(
            Command::new("activate")
                .about("Let a deactivated user log in again")
                .arg(name()),
        )
        .subcommand(
            Command::new("deactivate")
                .about("Switch a user off and end every login and token at once")
                .arg(name()),
        )
        .subcommand(
            Command::new("delete")
                .about("Delete a user, with every login and token")
                .arg(name()),
        )
}

pub(super) fn run(config: &Config, matches: &ArgMatches) -> Outcome {
    match matches.subcommand() {
        Some(("add", matches)) => add(config, matches),
        Some(("list", _)) => list(config),
        Some(("set-password", matches)) => set_password(config, matches),
        Some(("unblock", matches)) => unblock(config, matches),
        Some(("set-roles", matches)) => set_roles(config, matches),
        Some(("set-presence", matches)) => set_presence(config, matches),
        Some(("deactivate", matches)) => set_active(config, matches, false),
        Some(("activate", matches)) => set_active(config, matches, true),
        Some(("delete", matches)) => delete(config, matches),
        _ => Err("there is no such command".to_owned()),
    }
}

fn add(config: &Config, matches: &ArgMatches) -> Outcome {
    let (password, told) = password(matches)?;
    let roles = texts(matches, "role");
    let new = users::NewUser {
        username: text(matches, "username").unwrap_or_default(),
        name: text(matches, "name"),
        email: text(matches, "email"),
        roles: if roles.is_empty() {
            vec!["user".to_owned()]
        } else {
            roles
        },
        password,
    };
    with_app(config, async |app| {
        let user = users::create(app, new).await?;
        let (name, id) = (user.username.as_str(), user.id.as_str());
        Ok(format!("Added {name} with the id {id}.\n{told}"))
    })
}

fn list(config: &Config) -> Outcome {
    with_app(config, async |app| {
        Ok(users::list(app).await?.iter().map(line).collect())
    })
}

fn line(user: &User) -> String {
    let state = if user.active { "active" } else { "deactivated" };
    format!(
        "{}\t{}\t{state}\t{}\n",
        user.id.as_str(),
        user.username.as_str(),
        user.roles.join(",")
    )
}

fn set_password(config: &Config, matches: &ArgMatches) -> Outcome {
    let (password, told) = password(matches)?;
    let name = text(matches, "username").unwrap_or_default();
    with_app(config, async |app| {
        users::set_password(app, &name, &password).await?;
        Ok(format!(
            "The password of {name} is set; logins with the old one have ended, personal access tokens have not.\n{told}"
        ))
    })
}

fn unblock(config: &Config, matches: &ArgMatches) -> Outcome {
    let name = text(matches, "username").unwrap_or_default();
    with_app(config, async |app| {
        users::unblock(app, &name).await?;
        Ok(format!("{name} can log in again.\n"))
    })
}

fn set_roles(config: &Config, matches: &ArgMatches) -> Outcome {
    let (name, roles) = (
        text(matches, "username").unwrap_or_default(),
        texts(matches, "roles"),
    );
    with_app(config, async |app| {
        users::set_roles(app, &name, roles.clone()).await?;
        let told = if roles.is_empty() {
            "none".to_owned()
        } else {
            roles.join(", ")
        };
        Ok(format!("{name} has the roles: {told}.\n"))
    })
}

fn set_presence(config: &Config, matches: &ArgMatches) -> Outcome {
    let name = text(matches, "username").unwrap_or_default();
    let policy = text(matches, "policy").unwrap_or_default();
    let policy = PresencePolicy::named(&policy).ok_or("there is no such policy")?;
    with_app(config, async |app| {
        users::set_presence_policy(app, &name, policy).await?;
        Ok(format!(
            "{name} has the presence policy {}.\n",
            policy.as_str()
        ))
    })
}

fn set_active(config: &Config, matches: &ArgMatches, active: bool) -> Outcome {
    let name = text(matches, "username").unwrap_or_default();
    with_app(config, async |app| {
        users::set_active(app, &name, active).await?;
        Ok(if active {
            format!("{name} is active again and has to log in anew.\n")
        } else {
            format!("{name} is deactivated, and every login and token of it has ended.\n")
        })
    })
}

fn delete(config: &Config, matches: &ArgMatches) -> Outcome {
    let name = text(matches, "username").unwrap_or_default();
    with_app(config, async |app| {
        users::delete(app, &name).await?;
        Ok(format!(
            "{name} is deleted, and every login and token of it has ended.\n"
        ))
    })
}

/// The password to set, and the line that tells it when it was made up here.
fn password(matches: &ArgMatches) -> Result<(String, String), String> {
    match matches.get_one::<PathBuf>("password_from") {
        Some(file) => Ok((read_password(file)?, String::new())),
        None => {
            let password = Ids::password().map_err(|e| e.to_string())?;
            Ok((
                password.clone(),
                format!("The password is {password}, shown this once.\n"),
            ))
        }
    }
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

fn texts(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches
        .get_many::<String>(name)
        .unwrap_or_default()
        .cloned()
        .collect()
}
