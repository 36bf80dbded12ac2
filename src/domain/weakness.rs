//! The reasons to reject a new password.

/// Why a password is too weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// It has fewer characters than this minimum.
    TooShort(usize),
    /// It is the username, the email address or its local part.
    Name,
    /// It is one of the most common passwords.
    Common,
}
