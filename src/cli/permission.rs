//! `doorsign permission`: which roles grant which permission.

use super::args::OPERATOR;
use super::output::Outcome;
use super::table::{Format, Listing};
use crate::api::permission_line;
use crate::app::App;
use crate::domain::{Error, Field, PermissionGrant, Problem};
use crate::service::permissions;
use clap::Subcommand;

const LISTING: Listing = Listing("permissions", &["permission", "roles"]);

#[derive(Subcommand)]
pub(super) enum Command {
    /// List every permission with the roles that grant it
    List(Format),
    /// Replace the roles that grant a permission; without any, no role grants it
    Set {
        /// Permission, such as manage-user-status
        #[arg(value_name = "PERMISSION")]
        permission: String,
        /// All roles that are to grant the permission
        #[arg(value_name = "ROLE")]
        roles: Vec<String>,
    },
}

impl Command {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App) -> Outcome<String> {
        match self {
            Self::List(format) => {
                let grants = permissions::list(app).await?;
                Ok(format.print(&LISTING, &grants, cells, permission_line))
            }
            Self::Set { permission, roles } => set(app, permission, roles).await,
        }
    }
}

fn cells(grant: &PermissionGrant) -> Vec<String> {
    vec![grant.permission.clone(), grant.roles.join(",")]
}

async fn set(app: &App, permission: String, roles: Vec<String>) -> Outcome<String> {
    let change = vec![(permission.clone(), roles.clone())];
    match permissions::update(app, OPERATOR, change).await {
        Ok(_) if roles.is_empty() => Ok(format!("No role grants {permission} now.\n")),
        Ok(_) => Ok(format!(
            "{permission} is now granted by: {}.\n",
            roles.join(", ")
        )),
        Err(Error::Invalid {
            field: Field::Permission,
            problem: Problem::Unknown,
        }) => {
            let advice = "list all with doorsign permission list";
            Err(format!("unknown permission {permission:?}: {advice}").into())
        }
        Err(Error::Invalid {
            field: Field::Role,
            problem: Problem::Unknown,
        }) => Err(unknown_role(app, &roles).await?.into()),
        Err(other) => Err(other.into()),
    }
}

/// Names the first unknown role, and those that exist.
async fn unknown_role(app: &App, given: &[String]) -> Outcome<String> {
    let known = permissions::list_roles(app).await?;
    let known: Vec<_> = known.into_iter().map(|role| role.id).collect();
    let unknown = given.iter().find(|role| !known.contains(role));
    let unknown = unknown.map_or("", String::as_str);
    Ok(format!(
        "unknown role {unknown:?}: expected one of {}",
        known.join(", ")
    ))
}
