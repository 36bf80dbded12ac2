//! The changes to a user that a request asks for.

/// The changes to a user, not validated yet. `None` keeps the current value.
#[derive(Default)]
pub struct UserChanges {
    /// The username. An empty text keeps the current one; a blank one is refused.
    pub username: Option<String>,
    /// The display name. An empty text keeps the current one; a blank one is refused.
    pub name: Option<String>,
    /// The email address. An empty text keeps the current one; a blank one is refused.
    pub email: Option<String>,
    /// Whether the address is verified.
    pub email_verified: Option<bool>,
    /// The bio. An empty text removes it.
    pub bio: Option<String>,
    /// The nickname. An empty text removes it.
    pub nickname: Option<String>,
    /// A new password. A blank text keeps the current one.
    pub password: Option<String>,
    /// Whether to generate a password that is never shown.
    pub random_password: bool,
    /// Whether clients ask for a new password.
    pub require_password_change: Option<bool>,
    /// The ids of all roles.
    pub roles: Option<Vec<String>>,
    /// Whether the user may log in.
    pub active: Option<bool>,
    /// Whether the presence is disabled by an administrator.
    pub presence_disabled: Option<bool>,
    /// The usernames of all users that an administrator hides the user from.
    pub denied_by_admin: Option<Vec<String>>,
    /// The status text.
    pub status_text: Option<String>,
    /// The status, one of the four.
    pub status_type: Option<String>,
}
