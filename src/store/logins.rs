//! What the use cases ask of a database about logins. Knows no SQL.

use crate::domain::{
    Attribution, By, Login, LoginId, LoginOrigin, LoginQuery, LoginRecord, Page, Result, Session,
    Timestamp, UserId,
};
use async_trait::async_trait;
use std::net::IpAddr;
use std::time::Duration;

/// Logins, and the session a login opens. See the [module](super) for what every method promises.
#[async_trait]
pub trait Logins: Send + Sync {
    /// Adds a login, and removes those of its user that had expired when it was made. A login by password is noted as its user's last.
    /// Where it exceeds [`NewLogin::most`], the logins by password end that were unused for longest, and the event tells of it.
    ///
    /// # Errors
    /// `Unauthenticated` when [`NewLogin::asked_by`] has ended,
    /// `Invalid { TokenName, Taken }` when its user has a token of that name, `NotFound` when there is no such user, `Deactivated` when
    /// that one may not log in.
    async fn create_login(&self, new: NewLogin, attribution: Attribution) -> Result<()>;

    /// Puts a token in the place of its user's token of the same name, which ends, and adds the event that tells of that end.
    ///
    /// # Errors
    /// `NotFound` when there is no such token, `Deactivated` when its user may not log in.
    async fn replace_token(&self, login: Login, by: By) -> Result<()>;

    /// The login, its user and what the user's roles grant, as of one moment.
    async fn find_session(&self, id: LoginId) -> Result<Option<Session>>;

    /// The logins of a user, oldest first.
    async fn list_logins(&self, user: UserId) -> Result<Vec<Login>>;

    /// A page of logins by password.
    async fn list_login_records(&self, query: LoginQuery) -> Result<Page<LoginRecord>>;

    /// The newest `most` addresses that a user's stored logins came from, and when each was last used; newest first.
    async fn list_login_addresses(
        &self,
        user: UserId,
        most: usize,
    ) -> Result<Vec<(IpAddr, Timestamp)>>;

    /// Notes when logins were last used, except where less than `apart` has passed since the time noted before. No event, and no
    /// change that any cache has to hear of.
    async fn note_used(&self, used: Vec<(LoginId, Timestamp)>, apart: Duration) -> Result<()>;

    /// Removes a login, and adds the event; `false` when there was none, which is no event either.
    async fn delete_login(&self, id: LoginId, by: By) -> Result<bool>;

    /// Removes every login of a user, tokens too, and adds the event if there was any.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    async fn delete_logins(&self, user: UserId, by: By) -> Result<()>;

    /// Removes every login by password of a user but `kept`, and adds the event if there was any.
    async fn delete_other_logins(&self, user: UserId, kept: LoginId, by: By) -> Result<()>;
}

/// A login to add, and on which conditions.
#[derive(Debug, Clone)]
pub struct NewLogin {
    /// The login.
    pub login: Login,
    /// Where it came from.
    pub origin: LoginOrigin,
    /// The login that asked for it: nothing is added once that one has ended.
    pub asked_by: Option<LoginId>,
    /// How many logins by password its user may have, this one included. `None`: any number.
    pub most: Option<u32>,
}

impl From<Login> for NewLogin {
    fn from(login: Login) -> Self {
        Self {
            login,
            origin: LoginOrigin::default(),
            asked_by: None,
            most: None,
        }
    }
}
