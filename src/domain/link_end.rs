//! Why a link to choose a password does not work.

/// Why a link does not work. Only holders of a token learn the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEnd {
    /// It was used.
    Used,
    /// Its time is over.
    Expired,
    /// There never was one with this token, or a later one replaced it, or it was revoked.
    Unknown,
}

impl LinkEnd {
    /// Returns what is wrong and what to do.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Used => "the link has been used; it works once: log in, or ask for a new link",
            Self::Expired => "the link has expired: ask for a new link",
            Self::Unknown => "the link is not valid, or was replaced: ask for a new link",
        }
    }
}
