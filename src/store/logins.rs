//! What the use cases ask of a database about logins. Knows no SQL.

use crate::domain::{Attribution, By, Login, LoginId, Result, Session, UserId};
use async_trait::async_trait;

/// Logins, and the session a login opens. See the [module](super) for what every method promises.
#[async_trait]
pub trait Logins: Send + Sync {
    /// Adds a login, and removes those of its user that had expired when it was made. A login by password is noted as its user's last.
    ///
    /// # Errors
    /// `Invalid { TokenName, Taken }` when its user has a token of that name, `NotFound` when there is no such user, `Deactivated` when
    /// that one may not log in.
    async fn create_login(&self, login: Login, attribution: Attribution) -> Result<()>;

    /// Puts a token in the place of its user's token of the same name, which ends, and adds the event that tells of that end.
    ///
    /// # Errors
    /// `NotFound` when there is no such token, `Deactivated` when its user may not log in.
    async fn replace_token(&self, login: Login, by: By) -> Result<()>;

    /// The login, its user and what the user's roles grant, as of one moment.
    async fn find_session(&self, id: LoginId) -> Result<Option<Session>>;

    /// The logins of a user, oldest first.
    async fn list_logins(&self, user: UserId) -> Result<Vec<Login>>;

    /// Removes a login, and adds the event; `false` when there was none, which is no event either.
    async fn delete_login(&self, id: LoginId, by: By) -> Result<bool>;

    /// Removes every login of a user, tokens too, and adds the event if there was any.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    async fn delete_logins(&self, user: UserId, by: By) -> Result<()>;
}
