//! The list of all users for the operator, with what only the operator needs.

use crate::app::App;
use crate::domain::{Error, PresencePolicy, Result, Timestamp, User, UserQuery};
use crate::service::audit;

/// A user as the operator sees it.
#[derive(Debug, Clone)]
pub struct UserForOperator {
    /// The user.
    pub user: User,
    /// What counts as connected.
    pub policy: PresencePolicy,
    /// When the block by failed logins ends, if there is one.
    pub blocked_until: Option<Timestamp>,
}

/// Returns every user, by username.
///
/// # Errors
/// `Unavailable`.
pub async fn list(app: &App) -> Result<Vec<UserForOperator>> {
    let users = app.store.list_users(UserQuery::default()).await?.items;
    let blocks = audit::blocks(app).await?;
    let mut listed = Vec::with_capacity(users.len());
    for user in users {
        let presence = match app.store.find_presence(user.id.clone()).await {
            Err(Error::NotFound(_)) => continue, // Deleted meanwhile.
            found => found?,
        };
        let block = blocks.get(&user.id);
        let block = block.filter(|block| user.profile.unblocked_at < Some(block.at));
        listed.push(UserForOperator {
            policy: presence.policy,
            blocked_until: block.map(|block| block.until),
            user,
        });
    }
    Ok(listed)
}
