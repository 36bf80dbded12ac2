//! The audit entry of each change, except changes of users.

use super::super::{
    Change, Display, EventId, InvitationKind, Login, LoginKind, NewEvent, PermissionGrant, Role,
    Setting, SettingValue, StatusVisibility, User, UserId, Username, Webhook,
};
use super::{Action, Attribution, AuditEntry, Author, Target, TargetKind};

impl Attribution {
    /// Returns the event of a created user. As for other changes without a user as the author, the
    /// user is the actor. `None` for the server itself.
    #[must_use]
    pub fn creation(&self, created: &User) -> Option<NewEvent> {
        let own = (&created.id, &created.username);
        let (actor, actor_name) = match &self.author {
            Author::Server => return None,
            author => author.user().unwrap_or(own),
        };
        Some(NewEvent {
            at: self.at,
            actor: actor.clone(),
            actor_name: actor_name.clone(),
            change: Change::UserCreated {
                user: created.id.clone(),
                username: created.username.clone(),
                name: created.name.clone(),
            },
        })
    }

    /// A user was created.
    #[must_use]
    pub fn created_user(self, user: &User) -> AuditEntry {
        let target = Target::user(&user.id, &user.username);
        let roles = format!("roles {}", listed(&user.roles));
        self.entry(Action::UserCreated, Some(target), &roles)
    }

    /// A user was deleted.
    #[must_use]
    pub fn deleted_user(self, user: &User) -> AuditEntry {
        let target = Target::user(&user.id, &user.username);
        self.entry(Action::UserDeleted, Some(target), "")
    }

    /// An action on a link with which a user chooses a password.
    #[must_use]
    pub fn invitation(
        self,
        action: Action,
        kind: InvitationKind,
        user: (&UserId, &Username),
    ) -> AuditEntry {
        let target = Target::user(user.0, user.1);
        self.entry(action, Some(target), kind.as_str())
    }

    /// The rules that hide a user's status changed. The users on the lists are not recorded: a list
    /// is private.
    #[must_use]
    pub fn changed_visibility(
        self,
        user: &User,
        before: &StatusVisibility,
        after: &StatusVisibility,
    ) -> AuditEntry {
        let disabled = match (before.disabled_by_admin, after.disabled_by_admin) {
            (false, true) => Some("presence disabled"),
            (true, false) => Some("presence enabled"),
            _ => None,
        };
        let own = (before.denied != after.denied).then_some("own list");
        let by_admin =
            (before.denied_by_admin != after.denied_by_admin).then_some("list by administrators");
        let changed: Vec<_> = [disabled, own, by_admin].into_iter().flatten().collect();
        let target = Target::user(&user.id, &user.username);
        let detail = changed.join(", ");
        self.entry(Action::StatusVisibilityChanged, Some(target), &detail)
    }

    /// A login or a token was created for `owner`.
    #[must_use]
    pub fn created_login(self, login: &Login, owner: &Username) -> AuditEntry {
        let target = Some(Target::user(&login.user, owner));
        let own = self.author.user().is_some_and(|(id, _)| *id == login.user);
        match &login.kind {
            LoginKind::Password if own => self.entry(Action::Login, target, ""),
            LoginKind::Password => self.entry(Action::TokenCreated, target, "an ordinary login"),
            LoginKind::Token { name, .. } => {
                self.entry(Action::TokenCreated, target, &format!("name {name:?}"))
            }
        }
    }

    /// A token was replaced by a new one of the same name.
    #[must_use]
    pub fn replaced_token(self, owner: &UserId, username: &Username, name: &str) -> AuditEntry {
        let target = Some(Target::user(owner, username));
        self.entry(Action::TokenReplaced, target, &format!("name {name:?}"))
    }

    /// A login ended, or the named token was removed.
    #[must_use]
    pub fn ended_login(
        self,
        owner: &UserId,
        username: &Username,
        token: Option<&str>,
    ) -> AuditEntry {
        let target = Some(Target::user(owner, username));
        match token {
            Some(name) => self.entry(Action::TokenRemoved, target, &format!("name {name:?}")),
            None => self.entry(Action::Logout, target, ""),
        }
    }

    /// Several logins of a user ended.
    #[must_use]
    pub fn ended_logins(self, owner: &UserId, username: &Username, count: usize) -> AuditEntry {
        let target = Some(Target::user(owner, username));
        self.entry(Action::LogoutAll, target, &format!("{count} logins ended"))
    }

    /// Logins of a user ended because a newer one exceeded the limit.
    #[must_use]
    pub fn evicted_logins(self, owner: &UserId, username: &Username, count: usize) -> AuditEntry {
        let target = Some(Target::user(owner, username));
        let ended = format!("{count} logins ended");
        self.entry(Action::LogoutEvicted, target, &ended)
    }

    /// The roles of a permission changed.
    #[must_use]
    pub fn changed_permission(self, grant: &PermissionGrant) -> AuditEntry {
        let target = Target::named(TargetKind::Permission, &grant.permission);
        let roles = format!("roles {}", listed(&grant.roles));
        self.entry(Action::PermissionChanged, Some(target), &roles)
    }

    /// A custom role was created, changed or deleted.
    #[must_use]
    pub fn role(self, action: Action, role: &Role) -> AuditEntry {
        let target = Target {
            kind: TargetKind::Role,
            id: role.id.clone(),
            name: role.name.clone(),
        };
        let scope = format!("scope {}", role.scope.as_str());
        self.entry(action, Some(target), &scope)
    }

    /// A setting changed. No workspace setting is a secret, so the value is recorded.
    #[must_use]
    pub fn changed_setting(self, setting: Setting, value: &SettingValue) -> AuditEntry {
        let target = Target::named(TargetKind::Setting, setting.id());
        let value = format!("value {:?}", value.to_text());
        self.entry(Action::SettingChanged, Some(target), &value)
    }

    /// A webhook was added. Its URL may contain a secret after the host, so only scheme and host
    /// are recorded.
    #[must_use]
    pub fn created_webhook(self, webhook: &Webhook) -> AuditEntry {
        let target = Target::named(TargetKind::Webhook, webhook.name.as_str());
        let detail = format!("to {}", site(&webhook.url));
        self.entry(Action::WebhookCreated, Some(target), &detail)
    }

    /// Another action on a webhook.
    #[must_use]
    pub fn webhook(self, action: Action, name: &str) -> AuditEntry {
        self.entry(action, Some(Target::named(TargetKind::Webhook, name)), "")
    }

    /// A user's picture was set or removed.
    #[must_use]
    pub fn changed_avatar(self, user: &User, is_set: bool) -> AuditEntry {
        let target = Target::user(&user.id, &user.username);
        let detail = if is_set {
            "picture set"
        } else {
            "picture removed"
        };
        self.entry(Action::UserUpdated, Some(target), detail)
    }

    /// An action on a display.
    #[must_use]
    pub fn display(self, action: Action, display: &Display) -> AuditEntry {
        let target = Target {
            kind: TargetKind::Display,
            id: display.id.clone(),
            name: display.name.clone(),
        };
        let detail = if display.look.is_interactive {
            "interactive"
        } else {
            ""
        };
        self.entry(action, Some(target), detail)
    }

    /// A user set or removed the PIN for displays.
    #[must_use]
    pub fn changed_pin(self, user: &User, is_set: bool) -> AuditEntry {
        let target = Target::user(&user.id, &user.username);
        let detail = if is_set { "set" } else { "removed" };
        self.entry(Action::PinChanged, Some(target), detail)
    }

    /// A hook was disabled for a reason, or enabled.
    #[must_use]
    pub fn switched_hook(self, hook: &str, off: Option<&str>) -> AuditEntry {
        let target = Some(Target::named(TargetKind::Hook, hook));
        match off {
            Some(reason) => self.entry(Action::HookDisabled, target, reason),
            None => self.entry(Action::HookEnabled, target, ""),
        }
    }

    /// An action on one delivery of a hook, or on all failed ones.
    #[must_use]
    pub fn delivery(self, action: Action, hook: &str, event: Option<EventId>) -> AuditEntry {
        let target = Some(Target::named(TargetKind::Hook, hook));
        let detail = event.map_or_else(
            || "all that failed".to_owned(),
            |event| format!("event {}", event.as_u64()),
        );
        self.entry(action, target, &detail)
    }

    /// Earlier events are replayed to a hook.
    #[must_use]
    pub fn replayed_hook(self, hook: &str, events: u64) -> AuditEntry {
        let target = Some(Target::named(TargetKind::Hook, hook));
        self.entry(Action::HookReplayed, target, &format!("{events} events"))
    }

    /// A user's status was set or cleared from the command line.
    #[must_use]
    pub fn claimed_status(self, user: &UserId, username: &Username) -> AuditEntry {
        let target = Some(Target::user(user, username));
        self.entry(Action::StatusClaimed, target, "")
    }
}

fn listed(roles: &[String]) -> String {
    if roles.is_empty() {
        "none".to_owned()
    } else {
        roles.join(", ")
    }
}

/// Returns the scheme and host of a URL, without user, path and query.
fn site(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_and_host_of_a_url_are_recorded() {
        for (url, expected) in [
            (
                "https://example.org:8443/hook?token=secret",
                "https://example.org:8443",
            ),
            ("https://user:secret@example.org/", "https://example.org"),
            ("http://example.org#secret", "http://example.org"),
        ] {
            assert_eq!(site(url), expected);
        }
    }
}
