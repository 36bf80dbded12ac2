//! The logins' part of the store contract.

use crate::domain::{
    Attribution, By, EndedLogins, Login, LoginId, LoginQuery, LoginRecord, NewLogin, Page, Result,
    Session, Timestamp, UserId,
};
use async_trait::async_trait;
use std::net::IpAddr;
use std::time::Duration;

/// Logins and sessions. See the [module](super) for the contract of every method.
#[async_trait]
pub trait Logins: Send + Sync {
    /// Adds a login, and deletes logins of its user that had expired at its creation. A password
    /// login is recorded as the user's last one. If it exceeds [`NewLogin::most`], the password
    /// logins unused for longest are ended, and an event is appended.
    ///
    /// # Errors
    /// `Unauthenticated` if [`NewLogin::asked_by`] has ended, `Invalid { TokenName, Taken }` if the
    /// user has a token of that name, `NotFound` if the user does not exist, `Deactivated` if the
    /// user may not log in.
    async fn create_login(&self, new: NewLogin, attribution: Attribution) -> Result<()>;

    /// Replaces the user's token of the same name, and appends an event because the old one ended.
    ///
    /// # Errors
    /// `NotFound` if the token does not exist, `Deactivated` if the user may not log in.
    async fn replace_token(&self, login: Login, by: By) -> Result<()>;

    /// Returns the login, its user and the granted permissions, read from one snapshot.
    async fn find_session(&self, id: LoginId) -> Result<Option<Session>>;

    /// Returns the logins of a user, oldest first.
    async fn list_logins(&self, user: UserId) -> Result<Vec<Login>>;

    /// Returns a page of password logins.
    async fn list_login_records(&self, query: LoginQuery) -> Result<Page<LoginRecord>>;

    /// Returns the latest `most` addresses of a user's stored logins with the time of their last
    /// use, newest first.
    async fn list_login_addresses(
        &self,
        user: UserId,
        most: usize,
    ) -> Result<Vec<(IpAddr, Timestamp)>>;

    /// Records when logins were last used, unless less than `apart` has passed since the recorded
    /// time. Appends no event and invalidates no cache.
    async fn note_used(&self, used: Vec<(LoginId, Timestamp)>, apart: Duration) -> Result<()>;

    /// Deletes a login and appends the event. Returns `false`, without an event, if there was none.
    async fn delete_login(&self, id: LoginId, by: By) -> Result<bool>;

    /// Ends logins of a user. Appends the event and the audit record if there was any.
    ///
    /// # Errors
    /// `NotFound` if the user does not exist.
    async fn end_logins(&self, user: UserId, ended: EndedLogins, by: By) -> Result<()>;
}
