//! The audit trail: who may read it, and the records that no change writes: refused logins and passwords.

use crate::app::App;
use crate::app::audit_line;
use crate::auth::login_throttle::Attempt;
use crate::domain::{
    Action, Attribution, AuditEntry, AuditQuery, AuditRecord, Blocked, Caller, Error, Page,
    Permission, Requester, Result, Target, UserKey,
};
use std::net::IpAddr;

/// Who may read the audit trail. Rocket.Chat guards its own audit log by `can-audit-log`, which is part of its enterprise edition and
/// not of this domain. Whoever may see every setting, secrets of the workspace included, may see this, too; by default that is the
/// role `admin` alone.
pub const MAY_READ: Permission = Permission::ViewPrivilegedSetting;

/// A page of the audit trail, newest first. `user`: only what this user did or what was done to this user. A user who was deleted is
/// found by id or by the last name.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(
    app: &App,
    caller: Caller<'_>,
    user: Option<String>,
    query: AuditQuery,
) -> Result<Page<AuditRecord>> {
    caller.require(MAY_READ)?;
    let user = match user {
        None => None,
        Some(text) => {
            let found = app.store.find_user(UserKey::Username(text.clone())).await?;
            Some(found.map_or(text, |(user, _)| user.id.as_str().to_owned()))
        }
    };
    app.store.list_audit(AuditQuery { user, ..query }).await
}

/// A login by password that was refused.
pub(super) struct RefusedLogin {
    /// What the failure counted against.
    pub(super) attempt: Attempt,
    /// Whose login it would have been. A name that no user has is not recorded: people type passwords into the wrong field.
    pub(super) target: Option<Target>,
    /// Where it came from.
    pub(super) address: IpAddr,
    /// Why it was refused, where there is such a user.
    pub(super) reason: &'static str,
}

/// Records a refused login, and the block that it started, if it did.
pub(super) async fn login_refused(app: &App, refused: RefusedLogin) {
    let now = app.clock.now();
    let by = Attribution::anonymous(now, refused.address);
    let block = app.auth.attempts.check(&refused.attempt, now).err();
    let block = block.and_then(|block| blocked(by.clone(), refused.target.clone(), &block));
    let reason = match &refused.target {
        Some(_) => refused.reason,
        None => "unknown user",
    };
    refuse(app, by.entry(Action::LoginFailed, refused.target, reason)).await;
    if let Some(block) = block {
        store_or_write(app, block).await;
    }
}

/// Records that `requester` gave a wrong current password.
pub(super) async fn password_refused(app: &App, requester: &Requester) {
    let target = Target::user(&requester.user.id, &requester.user.username);
    let by = requester.attribution(app.clock.now());
    refuse(app, by.entry(Action::PasswordRefused, Some(target), "")).await;
}

/// The failure that started a block is recorded with it; what is refused during the block is not.
fn blocked(by: Attribution, target: Option<Target>, block: &Error) -> Option<AuditEntry> {
    let Error::LoginBlocked { blocked, until } = block else {
        return None;
    };
    let whom = match blocked {
        Blocked::User => "this user",
        Blocked::Address => "this address",
    };
    let detail = format!("{whom} for {} seconds", until.since(by.at).as_secs());
    Some(by.entry(Action::LoginBlocked, target, &detail))
}

/// Stores the entry of a refusal, within the limit.
async fn refuse(app: &App, mut entry: AuditEntry) {
    let Some(address) = entry.attribution.address else {
        return;
    };
    match app.auth.refusals.count(address, entry.attribution.at) {
        None => audit_line::write_unrecorded(&entry),
        Some(left_out) => {
            if left_out > 0 {
                entry.detail += &format!("; {left_out} earlier refusals are in the log only");
            }
            store_or_write(app, entry).await;
        }
    }
}

/// Stores an entry. Where the database takes no more, its line is written all the same, and a refusal stays a refusal.
async fn store_or_write(app: &App, entry: AuditEntry) {
    if app.store.append_audit(vec![entry.clone()]).await.is_err() {
        app.auth.refusals.left_out();
        audit_line::write_unrecorded(&entry);
    }
}
