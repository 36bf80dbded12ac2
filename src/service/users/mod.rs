//! The rules of users. What somebody logged in may do with them stands in `accounts` (add, delete, switch off, end logins), `changes`
//! (who may change what), `reading` and `tokens`; what the operator may do at the command line, without anybody being asked, in
//! `operator`, whose functions are here by their own names.

pub mod accounts;
pub mod changes;
mod operator;
pub mod queries;
pub mod tokens;

pub(crate) use operator::by_operator;
pub use operator::{
    NewUser, create, create_by, create_token, delete, exist, list, list_logins, revoke_token,
    set_active, set_password, set_presence_policy, set_roles, unblock,
};

use crate::app::App;
use crate::auth::passwords::PasswordDigest;
use crate::domain::{
    ADMIN, Actor, Email, Error, Field, Permission, Problem, Result, User, UserId, UserKey,
    Username, What, check_name,
};

/// UTF-16 units of a name to show and of a token's name at most, as of a nickname. The bound is ours: they are read with their user
/// wherever that one is looked up.
const LONGEST_NAME: usize = 120;

/// Refuses a name to show, or a token's, that is too long or holds characters that nobody sees.
fn refuse_unclear(field: Field, name: &str) -> Result<()> {
    check_name(field, name)?;
    if name.encode_utf16().count() > LONGEST_NAME {
        let problem = Problem::TooLong(LONGEST_NAME);
        return Err(Error::Invalid { field, problem });
    }
    Ok(())
}

/// The digest of a new password of the user with these names, which is the way to its hash.
///
/// A client may send the digest of a password where a plain one is expected. It is then taken for the plain
/// password, but must not be that of a weak one either.
///
/// # Errors
/// `Invalid { Password, Missing | Weak }`.
fn accept(
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

/// A failure as `actor` may hear it: without `view-full-other-user-info` nobody learns which addresses are in
/// use, and one that is taken is refused like one that cannot be.
fn without_addresses(actor: &Actor, failed: Error) -> Error {
    match failed {
        Error::Invalid {
            field: Field::Email,
            problem: Problem::Taken(address),
        } if !queries::sees_all(actor) => Error::Invalid {
            field: Field::Email,
            problem: Problem::NotValid(address),
        },
        other => other,
    }
}

/// The user that `key` names, with its password hash.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub(super) async fn find(app: &App, key: UserKey) -> Result<(User, String)> {
    let unknown = What::User(key.as_str().to_owned());
    let found = app.store.find_user(key).await?;
    found.ok_or(Error::NotFound(unknown))
}

/// The record of a user as it is now; `None` when there is none.
///
/// # Errors
/// `Unavailable`.
pub async fn record(app: &App, user: &UserId) -> Result<Option<User>> {
    let found = app.store.find_user(UserKey::Id(user.clone())).await?;
    Ok(found.map(|(user, _)| user))
}

/// Those of `ids` that users have.
///
/// # Errors
/// `Unavailable`.
pub async fn existing(app: &App, ids: Vec<UserId>) -> Result<Vec<UserId>> {
    app.store.existing_users(ids).await
}

/// Refuses roles that do not exist, and `admin` from somebody who may not give it.
async fn check_roles(app: &App, actor: &Actor, roles: &[String]) -> Result<()> {
    let known = app.store.list_roles().await?;
    if roles
        .iter()
        .any(|id| known.iter().all(|role| role.id != *id))
    {
        return Err(Error::Invalid {
            field: Field::Role,
            problem: Problem::Unknown,
        });
    }
    if roles.iter().any(|id| id == ADMIN) {
        actor.require(Permission::AssignAdminRole)?;
    }
    Ok(())
}

fn is_self(actor: &Actor, user: &UserId) -> bool {
    actor.user.id == *user
}

fn missing(field: Field) -> Error {
    Error::Invalid {
        field,
        problem: Problem::Missing,
    }
}
