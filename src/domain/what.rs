//! What a request can ask for in vain.

/// The missing object, with the requested id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A custom status.
    Status(String),
    /// A user.
    User(String),
    /// A login or personal access token.
    Login(String),
    /// A setting.
    Setting(String),
    /// A hook.
    Hook(String),
    /// A webhook.
    Webhook(String),
    /// An invitation or a reset link.
    Invitation(String),
    /// A display.
    Display(String),
    /// A delivery of an event, or one that can be retried or dropped.
    Delivery(String),
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(id) => write!(f, "custom status {id:?}"),
            Self::User(id) => write!(f, "user {id:?}"),
            Self::Login(id) => write!(f, "token {id:?}"),
            Self::Setting(id) => write!(f, "setting {id:?}"),
            Self::Hook(name) => write!(f, "hook {name:?}"),
            Self::Webhook(name) => write!(f, "webhook {name:?}"),
            Self::Invitation(id) => write!(f, "invitation {id:?}"),
            Self::Display(id) => write!(f, "display {id:?}"),
            Self::Delivery(id) => write!(f, "delivery of event {id}"),
        }
    }
}
