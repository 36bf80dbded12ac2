//! The states of accounts, for administrators.

use crate::app::App;
use crate::domain::{AccountState, Actor, Permission, Result, Timestamp, User, UserId};
use std::collections::HashMap;

/// The state of an account, and the end of its block.
pub struct ShownState {
    /// The state.
    pub state: AccountState,
    /// When the block by failed logins ends, if there is one.
    pub blocked_until: Option<Timestamp>,
}

/// The permission to see the states of accounts: that of those who may change them.
const MAY_SEE: Permission = Permission::EditOtherUserInfo;

/// Returns the states of `users`, by id; empty for actors without `edit-other-user-info`.
///
/// # Errors
/// `Unavailable`.
pub async fn of_all(
    app: &App,
    actor: &Actor,
    users: &[User],
) -> Result<HashMap<UserId, ShownState>> {
    if actor.require(MAY_SEE).is_err() || users.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = users.iter().map(|user| user.id.clone()).collect();
    let states = app.store.list_account_states(ids, app.clock.now()).await?;
    let mut states: HashMap<_, _> = states.into_iter().map(|it| (it.user.clone(), it)).collect();
    let blocks = app.auth.attempts.blocks(users, app.clock.now());
    let shown = users.iter().filter_map(|user| {
        let state = ShownState {
            state: states.remove(&user.id)?,
            blocked_until: blocks.get(&user.id).copied(),
        };
        Some((user.id.clone(), state))
    });
    Ok(shown.collect())
}
