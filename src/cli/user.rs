//! `doorsign user`: adds, changes and lists users.

use super::args::one_of;
use super::links;
use super::output::Outcome;
use super::table::{Format, Listing, escaped};
use super::time::Zone;
use crate::api::user_line;
use crate::app::{App, Ids};
use crate::config::{Config, read_small_file};
use crate::domain::{Email, PresencePolicy};
use crate::service::invitations::Invitee;
use crate::service::users::{self, NewUser, UserForOperator};
use clap::{Args, Subcommand};
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

const LISTING: Listing = Listing(
    "users",
    &[
        "id", "username", "name", "email", "state", "roles", "presence", "blocked",
    ],
);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a user; prints a random password unless you give one
    Add {
        #[command(flatten)]
        user: Username,
        /// Name to show
        #[arg(long)]
        name: Option<String>,
        /// Email address
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// Role, `user` by default; can be repeated
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Add a user without a password; prints a link with which they choose one
    Invite {
        #[command(flatten)]
        user: Username,
        /// Name to show
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// Email address
        #[arg(
            long,
            value_name = "ADDRESS",
            default_value = "",
            hide_default_value = true
        )]
        email: String,
        /// Role, `user` by default; can be repeated
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Print a link with which a user chooses a new password; the current one works until then
    ResetLink(Username),
    /// List all users: id, username, name, email address, state, roles, presence policy, and the end
    /// of a block by failed logins
    List(Format),
    /// Change the name to show
    SetName {
        #[command(flatten)]
        user: Username,
        /// New name to show
        name: String,
    },
    /// Change the email address
    SetEmail {
        #[command(flatten)]
        user: Username,
        /// New email address
        #[arg(value_name = "ADDRESS")]
        email: String,
    },
    /// Change the username; logins and tokens stay valid
    SetUsername {
        #[command(flatten)]
        user: Username,
        /// New username
        #[arg(value_name = "NEW-USERNAME")]
        new: String,
    },
    /// Set a password, end the logins made with the old one, and lift the block of failed logins
    SetPassword {
        #[command(flatten)]
        user: Username,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Lift the block of failed logins
    Unblock(Username),
    /// Replace a user's roles; without any, remove them all
    SetRoles {
        #[command(flatten)]
        user: Username,
        /// All roles that the user is to have
        #[arg(value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Choose what counts as connected for a user, such as a bot
    SetPresence {
        #[command(flatten)]
        user: Username,
        /// What counts as connected: a live connection, heartbeats, or always
        #[arg(value_parser = one_of(&PresencePolicy::ALL, PresencePolicy::as_str))]
        policy: PresencePolicy,
    },
    /// Activate a deactivated user
    Activate(Username),
    /// Deactivate a user, which ends every login and token
    Deactivate(Username),
    /// Delete a user with every login and token
    Delete(Username),
}

#[derive(Args)]
pub(super) struct Username {
    /// Username
    #[arg(value_name = "USER")]
    username: String,
}

#[derive(Args)]
pub(super) struct NewPassword {
    /// Read the password from the first line of FILE, - for standard input; without it, a random
    /// one is printed
    #[arg(long, value_name = "FILE")]
    password_from: Option<PathBuf>,
}

impl Command {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App, (config, zone): (&Config, &Zone)) -> Outcome<String> {
        match self {
            Self::Invite {
                user: Username { username },
                name,
                email,
                roles,
            } => {
                let new = Invitee {
                    username,
                    name,
                    email,
                    roles,
                };
                links::invite(app, new, (config, zone)).await
            }
            Self::ResetLink(user) => links::reset(app, &user.username, (config, zone)).await,
            Self::Add {
                user,
                name,
                email,
                roles,
                password,
            } => {
                let (password, printed) = password.read()?;
                let roles = if roles.is_empty() {
                    vec!["user".to_owned()]
                } else {
                    roles
                };
                let new = NewUser {
                    username: user.username,
                    name,
                    email,
                    roles,
                    password,
                };
                let user = users::create(app, new).await?;
                let (name, id) = (user.username.as_str(), user.id.as_str());
                Ok(format!("Added {name} with the id {id}.\n{printed}"))
            }
            Self::List(format) => {
                let listed = users::list(app).await?;
                Ok(format.print(&LISTING, &listed, |one| cells(one, zone), user_line))
            }
            Self::SetName { user, name } => set_name(app, &user.username, &name).await,
            Self::SetEmail { user, email } => set_email(app, &user.username, &email).await,
            Self::SetUsername { user, new } => set_username(app, &user.username, &new).await,
            Self::SetPassword {
                user: Username { username: name },
                password,
            } => {
                let (password, printed) = password.read()?;
                users::set_password(app, &name, &password).await?;
                Ok(format!(
                    "Changed the password of {name}. Logins made with the old one ended; personal access tokens stay valid.\n{printed}"
                ))
            }
            Self::SetRoles { user, roles } => set_roles(app, &user.username, roles).await,
            Self::SetPresence {
                user: Username { username: name },
                policy,
            } => {
                users::set_presence_policy(app, &name, policy).await?;
                Ok(format!(
                    "{name} now has the presence policy {}.\n",
                    policy.as_str()
                ))
            }
            Self::Unblock(user) => unblock(app, &user.username).await,
            Self::Activate(user) => activate(app, &user.username).await,
            Self::Deactivate(user) => deactivate(app, &user.username).await,
            Self::Delete(user) => delete(app, &user.username).await,
        }
    }
}

fn cells(one: &UserForOperator, zone: &Zone) -> Vec<String> {
    let user = &one.user;
    let state = if user.active { "active" } else { "deactivated" };
    let blocked = one.blocked_until.map(|end| zone.date(end));
    vec![
        user.id.as_str().to_owned(),
        user.username.as_str().to_owned(),
        user.name.clone(),
        user.email.as_ref().map_or("", Email::as_str).to_owned(),
        state.to_owned(),
        user.roles.join(","),
        one.policy.as_str().to_owned(),
        blocked.map_or_else(String::new, |end| format!("until {end}")),
    ]
}

async fn set_name(app: &App, username: &str, name: &str) -> Outcome<String> {
    users::set_name(app, username, name).await?;
    Ok(format!("{username} is now shown as {}.\n", escaped(name)))
}

async fn set_email(app: &App, username: &str, email: &str) -> Outcome<String> {
    users::set_email(app, username, email).await?;
    Ok(format!(
        "{username} now has the email address {email}, which is not verified.\n"
    ))
}

async fn set_username(app: &App, username: &str, new: &str) -> Outcome<String> {
    users::set_username(app, username, new).await?;
    Ok(format!("{username} is now called {new}.\n"))
}

async fn unblock(app: &App, name: &str) -> Outcome<String> {
    users::unblock(app, name).await?;
    Ok(format!("Lifted the block of {name}.\n"))
}

async fn set_roles(app: &App, name: &str, roles: Vec<String>) -> Outcome<String> {
    users::set_roles(app, name, roles.clone()).await?;
    let roles = if roles.is_empty() {
        "none".to_owned()
    } else {
        roles.join(", ")
    };
    Ok(format!("{name} now has the roles: {roles}.\n"))
}

async fn activate(app: &App, name: &str) -> Outcome<String> {
    users::set_active(app, name, true).await?;
    Ok(format!("Activated {name}. Earlier logins stay ended.\n"))
}

async fn deactivate(app: &App, name: &str) -> Outcome<String> {
    users::set_active(app, name, false).await?;
    Ok(format!(
        "Deactivated {name} and ended every login and token.\n"
    ))
}

async fn delete(app: &App, name: &str) -> Outcome<String> {
    users::delete(app, name).await?;
    Ok(format!("Deleted {name} with every login and token.\n"))
}

impl NewPassword {
    /// The password to set, and the line that shows it if it is random.
    fn read(&self) -> Outcome<(String, String)> {
        if let Some(file) = &self.password_from {
            return Ok((read_password(file)?, String::new()));
        }
        let password = Ids::password()?;
        let printed = format!("The password is {password} (shown only once).\n");
        Ok((password, printed))
    }
}

/// Maximum length of a line of standard input in bytes. A password is shorter.
const LONGEST_LINE: u64 = 64 * 1024;

/// Reads a password from the first line of `file`, or of standard input for `-`, so that it is not
/// in the process list. Strips the byte order mark that some editors write.
fn read_password(file: &Path) -> Outcome<String> {
    let read = if file == Path::new("-") {
        let mut line = String::new();
        let mut stdin = std::io::stdin().lock().take(LONGEST_LINE);
        stdin.read_line(&mut line).map(|_| line)
    } else {
        read_small_file(file)
    };
    let read =
        read.map_err(|e| format!("cannot read the password from {}: {e}", file.display()))?;
    let text = read.strip_prefix('\u{feff}').unwrap_or(&read);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
