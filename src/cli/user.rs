//! `doorsign user`: adds, changes and lists users.

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
            .help("Username")
    };
    let password = || {
        Arg::new("password_from")
            .long("password-from")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Read the password from the first line of FILE, - for standard input; without it, a random one is printed")
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
        .help("What counts as connected: a live connection, heartbeats, or always");
    Command::new("user")
        .about("Add, change and list users")
        .subcommand_required(true)
        .subcommand(
            Command::new("add")
                .about("Add a user; prints a random password unless you give one")
                .arg(name())
                .arg(Arg::new("name").long("name").value_name("NAME").help("Name to show"))
                .arg(Arg::new("email").long("email").value_name("ADDRESS").help("Email address"))
                .arg(role().help("Role, `user` by default; can be repeated"))
                .arg(password()),
        )
        .subcommand(Command::new("list").about("List id, username, state and roles of every user"))
        .subcommand(
            Command::new("set-password")
                .about("Set a password, end the logins made with the old one, and lift the block of failed logins")
                .arg(name())
                .arg(password()),
        )
        .subcommand(
            Command::new("unblock")
                .about("Lift the block of failed logins")
                .arg(name()),
        )
        .subcommand(
            Command::new("set-roles")
                .about("Replace a user's roles; without any, remove them all")
                .arg(name())
                .arg(
                    Arg::new("roles")
                        .value_name("ROLE")
                        .num_args(0..)
                        .help("All roles that the user is to have"),
                ),
        )
        .subcommand(
            Command::new("set-presence")
                .about("Choose what counts as connected for a user, such as a bot")
                .arg(name())
                .arg(policy),
        )
        .subcommand(
            Command::new("activate")
                .about("Activate a deactivated user")
                .arg(name()),
        )
        .subcommand(
            Command::new("deactivate")
                .about("Deactivate a user, which ends every login and token")
                .arg(name()),
        )
        .subcommand(
            Command::new("delete")
                .about("Delete a user with every login and token")
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
        _ => Err("unknown command".to_owned()),
    }
}

fn add(config: &Config, matches: &ArgMatches) -> Outcome {
    let (password, notice) = password(matches)?;
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
        Ok(format!("Added {name} with the id {id}.\n{notice}"))
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
    let (password, notice) = password(matches)?;
    let name = text(matches, "username").unwrap_or_default();
    with_app(config, async |app| {
        users::set_password(app, &name, &password).await?;
        Ok(format!(
            "Changed the password of {name}. Logins made with the old one ended; personal access tokens stay valid.\n{notice}"
        ))
    })
}

fn unblock(config: &Config, matches: &ArgMatches) -> Outcome {
    let name = text(matches, "username").unwrap_or_default();
    with_app(config, async |app| {
        users::unblock(app, &name).await?;
        Ok(format!("Lifted the block of {name}.\n"))
    })
}

fn set_roles(config: &Config, matches: &ArgMatches) -> Outcome {
    let (name, roles) = (
        text(matches, "username").unwrap_or_default(),
        texts(matches, "roles"),
    );
    with_app(config, async |app| {
        users::set_roles(app, &name, roles.clone()).await?;
        let listed = if roles.is_empty() {
            "none".to_owned()
        } else {
            roles.join(", ")
        };
        Ok(format!("{name} now has the roles: {listed}.\n"))
    })
}

fn set_presence(config: &Config, matches: &ArgMatches) -> Outcome {
    let name = text(matches, "username").unwrap_or_default();
    let policy = text(matches, "policy").unwrap_or_default();
    let policy = PresencePolicy::named(&policy).ok_or("unknown policy")?;
    with_app(config, async |app| {
        users::set_presence_policy(app, &name, policy).await?;
        Ok(format!(
            "{name} now has the presence policy {}.\n",
            policy.as_str()
        ))
    })
}

fn set_active(config: &Config, matches: &ArgMatches, active: bool) -> Outcome {
    let name = text(matches, "username").unwrap_or_default();
    with_app(config, async |app| {
        users::set_active(app, &name, active).await?;
        Ok(if active {
            format!("Activated {name}. Earlier logins stay ended.\n")
        } else {
            format!("Deactivated {name} and ended every login and token.\n")
        })
    })
}

fn delete(config: &Config, matches: &ArgMatches) -> Outcome {
    let name = text(matches, "username").unwrap_or_default();
    with_app(config, async |app| {
        users::delete(app, &name).await?;
        Ok(format!("Deleted {name} with every login and token.\n"))
    })
}

/// The password to set, and the line that shows it if it is random.
fn password(matches: &ArgMatches) -> Result<(String, String), String> {
    match matches.get_one::<PathBuf>("password_from") {
        Some(file) => Ok((read_password(file)?, String::new())),
        None => {
            let password = Ids::password().map_err(|e| e.to_string())?;
            Ok((
                password.clone(),
                format!("The password is {password} (shown only once).\n"),
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
