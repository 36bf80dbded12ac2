//! The rules of users. Use cases for authenticated users are in `accounts` (create, delete,
//! activate, end logins), `changes` (who may change what), `own_changes` (which parts of their own
//! account), `current_password`, `names`, `preferences`, `queries`, `states`, `tokens`, `upkeep` and `visibility`. Those of the
//! operator on the command line, which check no permission, are in `operator` and `listing` and
//! re-exported here.

pub mod accounts;
pub mod changes;
pub mod current_password;
pub mod directory;
mod listing;
pub mod names;
mod operator;
mod own_changes;
pub mod preferences;
pub mod queries;
pub mod registration;
pub mod states;
pub mod tokens;
pub mod upkeep;
pub mod user_changes;
pub mod visibility;

pub use listing::{UserForOperator, list};
pub(crate) use operator::by_operator;
pub(super) use operator::refuse_unknown_roles;
pub use operator::{
    CheckedUser, NewUser, create, create_token, delete, exist, list_logins, revoke_token,
    set_active, set_email, set_name, set_password, set_presence_policy, set_roles, set_username,
    unblock,
};

use crate::app::App;
use crate::auth::passwords::PasswordDigest;
use crate::domain::{
    ADMIN, Actor, Email, Error, Field, Permission, PermissionGrant, Problem, Result, User, UserId,
    UserKey, Username, What, check_name,
};
use crate::service::permissions;

/// Maximum length of display names and token names in UTF-16 units, as for nicknames. The limit is
/// ours: the names are loaded with every lookup of their user.
const LONGEST_NAME: usize = 120;

/// Rejects a display name or token name that is too long or contains invisible characters.
pub(super) fn refuse_unclear(field: Field, name: &str) -> Result<()> {
    check_name(field, name)?;
    if name.encode_utf16().count() > LONGEST_NAME {
        let problem = Problem::TooLong(LONGEST_NAME);
        return Err(Error::invalid(field, problem));
    }
    Ok(())
}

/// Checks a new password for the user with these names, and returns its digest for hashing.
///
/// A client may send the digest of a password where a plain one is expected. It is then treated as
/// the plain password, but must not be the digest of a weak one either.
///
/// # Errors
/// `Invalid { Password, Missing | Weak }`.
pub(super) fn accept(
    app: &App,
    password: &str,
    username: &Username,
    email: Option<&Email>,
) -> Result<PasswordDigest> {
    if password.is_empty() {
        return Err(missing(Field::Password));
    }
    let policy = app.rules.password_policy;
    policy.check(password, username, email)?;
    if let Some(digest) = PasswordDigest::from_hex(password) {
        let is_it = |text: &str| digest.is(&PasswordDigest::of(text));
        policy.check_digest(username, email, is_it)?;
    }
    Ok(PasswordDigest::of(password))
}

/// Returns an error as `actor` may see it. Without `view-full-other-user-info`, a taken address
/// gets the same error as an invalid one, to hide which addresses are in use.
pub(super) fn without_addresses(actor: &Actor, failed: Error) -> Error {
    match failed {
        Error::Invalid {
            field: Field::Email,
            problem: Problem::Taken(address),
        } if !queries::sees_all(actor) => Error::invalid(Field::Email, Problem::NotValid(address)),
        other => other,
    }
}

/// Returns the user identified by `key`, with the password hash.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub(super) async fn find(app: &App, key: UserKey) -> Result<(User, String)> {
    let unknown = What::User(key.as_str().to_owned());
    let found = app.store.find_user(key).await?;
    found.ok_or(Error::NotFound(unknown))
}

/// Returns the current record of a user, or `None` if there is none.
///
/// # Errors
/// `Unavailable`.
pub async fn record(app: &App, user: &UserId) -> Result<Option<User>> {
    let found = app.store.find_user(UserKey::Id(user.clone())).await?;
    Ok(found.map(|(user, _)| user))
}

/// Returns those of `ids` that belong to users.
///
/// # Errors
/// `Unavailable`.
pub async fn existing(app: &App, ids: Vec<UserId>) -> Result<Vec<UserId>> {
    app.store.existing_users(ids).await
}

/// Rejects roles that do not exist, and roles that administer from an actor who may not assign
/// `admin`.
pub(super) async fn check_roles(app: &App, actor: &Actor, roles: &[String]) -> Result<()> {
    let known = permissions::list_roles(app).await?;
    if roles
        .iter()
        .any(|id| known.iter().all(|role| role.id != *id))
    {
        return Err(Error::invalid(Field::Role, Problem::Unknown));
    }
    if !roles.is_empty() && administers(&app.store.list_permissions().await?, roles) {
        actor.require(Permission::AssignAdminRole)?;
    }
    Ok(())
}

/// Returns whether one of `roles` is `admin`, or grants a permission that leads to it.
fn administers(grants: &[PermissionGrant], roles: &[String]) -> bool {
    let leads = [Permission::AccessPermissions, Permission::AssignAdminRole].map(Permission::name);
    let mut leading = grants
        .iter()
        .filter(|grant| leads.contains(&&*grant.permission));
    roles.iter().any(|id| id == ADMIN)
        || leading.any(|grant| roles.iter().any(|id| grant.roles.contains(id)))
}

fn is_self(actor: &Actor, user: &UserId) -> bool {
    actor.user.id == *user
}

fn missing(field: Field) -> Error {
    Error::invalid(field, Problem::Missing)
}
