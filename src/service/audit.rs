//! The audit trail: who may read it, and the records that belong to no change: refused logins and
//! passwords.

use crate::app::App;
use crate::app::audit_line;
use crate::auth::login_throttle::Attempt;
use crate::domain::{
    Action, Attribution, AuditEntry, AuditQuery, AuditRecord, Blocked, Caller, Error, Page,
    Permission, Requester, Result, Target, Timestamp, UserId, UserKey,
};
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// The permission to read the audit trail. Rocket.Chat guards its own audit log with
/// `can-audit-log`, which is part of its enterprise edition and not of this domain. Users who may
/// see every setting, including the workspace's secrets, may also see the audit trail. By default
/// only the role `admin` may.
pub const MAY_READ: Permission = Permission::ViewPrivilegedSetting;

/// Returns a page of the audit trail, newest first. `user` selects records with this user as author
/// or target. A deleted user is found by id or by the last username.
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

/// A refused password login.
pub(super) struct RefusedLogin {
    /// The attempt that the failure counts against.
    pub(super) attempt: Attempt,
    /// The user whose login it would have been. Unknown usernames are not recorded, because people
    /// type passwords into the wrong field.
    pub(super) target: Option<Target>,
    /// The client's address.
    pub(super) address: IpAddr,
    /// Why it was refused, if the user exists.
    pub(super) reason: &'static str,
}

/// Records a refused login, and the block if it started one.
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
        store_or_write(app, block, 0).await;
    }
}

/// Records that `requester` gave a wrong current password.
pub(super) async fn password_refused(app: &App, requester: &Requester) {
    let target = Target::user(&requester.user.id, &requester.user.username);
    let by = requester.attribution(app.clock.now());
    refuse(app, by.entry(Action::PasswordRefused, Some(target), "")).await;
}

/// Returns the entry for a block. The failure that started it is recorded as well; refusals during
/// the block are not.
fn blocked(by: Attribution, target: Option<Target>, block: &Error) -> Option<AuditEntry> {
    let Error::LoginBlocked { blocked, until } = block else {
        return None;
    };
    let scope = match blocked {
        Blocked::User => OF_USER,
        Blocked::Address => OF_ADDRESS,
    };
    let detail = format!("{scope} for {} seconds", until.since(by.at).as_secs());
    Some(by.entry(Action::LoginBlocked, target, &detail))
}

/// The longest time for which a setting lets failed logins block a user: a week.
const LONGEST_BLOCK_MILLIS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Maximum number of blocks to look at, the newest first.
const MOST_BLOCKS: u64 = 10_000;

/// What the record of a block begins with.
const OF_USER: &str = "this user";
const OF_ADDRESS: &str = "this address";

/// A block of a user by failed logins, as recorded.
pub(super) struct Block {
    /// When it began.
    pub(super) at: Timestamp,
    /// When it ends, unless the server is restarted or the user unblocked before.
    pub(super) until: Timestamp,
}

/// Returns the recorded blocks of users that have not ended by themselves, the last one of each
/// user. Only the server's memory knows whether a login is really refused.
pub(super) async fn blocks(app: &App) -> Result<HashMap<UserId, Block>> {
    let now = app.clock.now();
    let query = AuditQuery {
        actions: vec![Action::LoginBlocked],
        since: Some(Timestamp::from_millis(
            now.as_millis().saturating_sub(LONGEST_BLOCK_MILLIS),
        )),
        limit: MOST_BLOCKS,
        ..AuditQuery::default()
    };
    let records = app.store.list_audit(query).await?.items;
    let mut blocks = HashMap::new();
    for record in records {
        let AuditEntry {
            attribution,
            target,
            detail,
            ..
        } = record.entry;
        if let Some((user, life)) = target.zip(life_of_block(&detail)) {
            let (at, until) = (attribution.at, attribution.at.after(life));
            let block = blocks
                .entry(UserId::new(user.id))
                .or_insert(Block { at, until });
            block.until = block.until.max(until);
        }
    }
    blocks.retain(|_, block| block.until > now);
    Ok(blocks)
}

/// Reads the detail of the record of a user's block.
fn life_of_block(detail: &str) -> Option<Duration> {
    let rest = detail.strip_prefix(OF_USER)?.strip_prefix(" for ")?;
    let seconds = rest.strip_suffix(" seconds")?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Stores the entry of a refusal, within the rate limit.
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
            store_or_write(app, entry, left_out).await;
        }
    }
}

/// Stores an entry. If the database rejects it, its log line is written anyway, and the refusal
/// still stands: the next stored one counts it and those that were `left_out` before.
async fn store_or_write(app: &App, entry: AuditEntry, left_out: u64) {
    if app.store.append_audit(vec![entry.clone()]).await.is_err() {
        app.auth.refusals.leave_out(left_out + 1);
        audit_line::write_unrecorded(&entry);
    }
}
