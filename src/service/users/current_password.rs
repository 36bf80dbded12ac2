//! The current password, which proves that a change comes from the user.

use super::find;
use crate::app::App;
use crate::auth::passwords::PasswordDigest;
use crate::domain::{Error, Field, Problem, Requester, Result, UserKey, UserPatch};
use crate::service::{audit, session};
use std::net::IpAddr;

/// A current password, not verified yet.
pub struct CurrentPassword {
    /// The password as its SHA-256 in hexadecimal or in plain text.
    pub text: Option<String>,
    /// The client's address. Wrong passwords count as failed logins.
    pub address: IpAddr,
}

/// Verifies the current password, and makes the change conditional on it: an administrator may
/// reset it meanwhile, and the login may end.
pub(super) async fn require(
    app: &App,
    actor: &Requester,
    current: &CurrentPassword,
    patch: &mut UserPatch,
) -> Result<()> {
    patch.checked_hash = Some(check(app, actor, current).await?);
    patch.asked_by = Some(actor.login.id.clone());
    Ok(())
}

/// Rejects a new password equal to the current one, as far as the client's claim about the current
/// one shows. That claim is verified separately.
pub(super) fn refuse_same(password: &PasswordDigest, current: &CurrentPassword) -> Result<()> {
    let given = current.text.as_deref().unwrap_or_default();
    if possible_digests(given).any(|digest| digest.is(password)) {
        return Err(unchanged());
    }
    Ok(())
}

/// Returns the possible meanings of a current password: a digest, if it looks like one, and the
/// password itself. A password may consist of 64 hexadecimal digits.
fn possible_digests(given: &str) -> impl Iterator<Item = PasswordDigest> {
    let digest = PasswordDigest::from_hex(given);
    digest.into_iter().chain([PasswordDigest::of(given)])
}

/// Verifies the current password and returns its hash. Someone with a stolen token must not be able
/// to guess the password. Failures count against the account, together with failed logins, so that
/// guessing in two places gives no more attempts.
pub(super) async fn check(
    app: &App,
    actor: &Requester,
    current: &CurrentPassword,
) -> Result<String> {
    let wrong = Error::invalid(Field::CurrentPassword, Problem::NotValid(String::new()));
    let given = current.text.as_deref().unwrap_or_default();
    if given.is_empty() {
        return Err(wrong);
    }
    let (user, hash) = find(app, UserKey::Id(actor.user.id.clone())).await?;
    session::forgive(app, &user);
    session::load_addresses(app, &user.id).await?;
    let attempts = &app.auth.attempts;
    let attempt = attempts.by_account(current.address, &user.id);
    attempts.check(&attempt, app.clock.now())?;
    let passwords = &app.auth.passwords;
    for digest in possible_digests(given) {
        let right = passwords.verify(Some(current.address), Some(hash.clone()), digest);
        if right.await? {
            attempts.succeeded(&attempt, app.clock.now())?;
            return Ok(hash);
        }
    }
    attempts.failed(&attempt, app.clock.now())?;
    audit::password_refused(app, actor).await;
    Err(wrong)
}

/// The error for a new password equal to the current one.
pub(super) fn unchanged() -> Error {
    Error::invalid(Field::Password, Problem::Unchanged)
}
