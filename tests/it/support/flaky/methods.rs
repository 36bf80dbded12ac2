//! The methods of the store, each with its fault or interruption.

use super::FlakyStore;
use async_trait::async_trait;
use doorsign::domain::{
    Acceptance, AccountState, Attribution, AuditEntry, AuditQuery, AuditRecord, Avatar, By,
    CustomStatus, DatabaseSize, DeliveryRecord, DeliveryState, Display, EndedLogins, Error,
    EventId, GrantChange, Hook, HookKind, InvitationId, InvitationRecord, InvitedUser, Login,
    LoginId, LoginQuery, LoginRecord, NewEvent, NewInvitation, NewLogin, Page, PermissionGrant,
    Presence, RemovedRole, Result, Role, RoleDraft, Session, Setting, SettingValue, SigningSecret,
    StatusId, StatusName, StatusQuery, StatusVisibility, Timestamp, User, UserId, UserKey,
    UserPatch, UserQuery, UserWithPresence, Username, Webhook, WebhookName,
};
use doorsign::store::{
    Audit, Avatars, BoardSnapshot, ChangeKind, ConsumerState, Cursor, CustomStatuses, Displays,
    Hooks, Invitations, Logins, Outbox, Permissions, PresenceChange, PresenceQuery,
    PresenceSnapshot, Presences, Settings, Store, StoredEvent, Users, VisibilityRules, Webhooks,
};
use std::net::IpAddr;
use std::time::Duration;
use tokio::sync::watch;

macro_rules! flaky {
    ($trait:ident { $($method:ident($($argument:ident: $type:ty),*) -> $result:ty;)* } $($more:item)*) => {
        #[async_trait]
        impl $trait for FlakyStore {
            $($more)*
            $(async fn $method(&self, $($argument: $type),*) -> Result<$result> {
                self.pass(stringify!($method))?;
                self.overtaken(stringify!($method)).await?;
                self.store.$method($($argument),*).await
            })*
        }
    };
}

flaky! { CustomStatuses {
    create_status(status: CustomStatus, event: NewEvent) -> ();
    update_status(status: CustomStatus, event: NewEvent) -> ();
    delete_status(id: StatusId, by: By) -> ();
    find_status(id: StatusId) -> Option<CustomStatus>;
    find_status_named(name: StatusName) -> Option<CustomStatus>;
    list_statuses(query: StatusQuery) -> Page<CustomStatus>;
} }

flaky! { Users {
    create_user(user: User, password_hash: String, attribution: Attribution) -> ();
    create_hidden_user(user: User, password_hash: String, visibility: StatusVisibility, by: By) -> ();
    find_user(key: UserKey) -> Option<(User, String)>;
    has_users() -> bool;
    list_users(query: UserQuery) -> Page<User>;
    list_account_states(ids: Vec<UserId>, now: Timestamp) -> Vec<AccountState>;
    update_user(id: UserId, patch: UserPatch, by: By) -> User;
    delete_own_user(id: UserId, checked_hash: String, asked_by: LoginId, by: By) -> ();
    delete_user(id: UserId, by: By) -> ();
} }

flaky! { Presences {
    find_presence(user: UserId) -> Presence;
    list_board() -> BoardSnapshot;
    list_presences(query: PresenceQuery) -> Vec<UserWithPresence>;
    list_status_visibility() -> VisibilityRules;
    list_usernames(ids: Vec<UserId>) -> Vec<(UserId, Username)>;
    existing_users(ids: Vec<UserId>) -> Vec<UserId>;
    change_presence(change: PresenceChange) -> Presence;
    expire_claims(now: Timestamp, limit: usize) -> usize;
    next_expiry() -> Option<Timestamp>;
}
    async fn find_presence_snapshot(&self, user: UserId) -> Result<Option<PresenceSnapshot>> {
        self.pass("find_presence_snapshot")?;
        if self.hidden.lock().unwrap().as_ref() == Some(&user) {
            return Err(Error::internal("a row that cannot be read"));
        }
        self.store.find_presence_snapshot(user).await
    }
}

flaky! { Permissions {
    list_roles() -> Vec<Role>;
    list_removed_roles() -> Vec<RemovedRole>;
    create_role(role: Role, by: By) -> ();
    update_role(id: String, draft: RoleDraft, by: By) -> Role;
    delete_role(id: String, by: By) -> ();
    list_permissions() -> Vec<PermissionGrant>;
    update_permissions(grants: Vec<PermissionGrant>, by: By) -> ();
    set_grant(permission: String, role: String, change: GrantChange, by: By) -> ();
} }

flaky! { Logins {
    create_login(new: NewLogin, attribution: Attribution) -> ();
    replace_token(login: Login, by: By) -> ();
    find_session(id: LoginId) -> Option<Session>;
    list_logins(user: UserId) -> Vec<Login>;
    list_login_records(query: LoginQuery) -> Page<LoginRecord>;
    list_login_addresses(user: UserId, most: usize) -> Vec<(IpAddr, Timestamp)>;
    note_used(used: Vec<(LoginId, Timestamp)>, apart: Duration) -> ();
    delete_login(id: LoginId, by: By) -> bool;
    end_logins(user: UserId, ended: EndedLogins, by: By) -> ();
} }

flaky! { Settings {
    list_settings() -> Vec<(Setting, SettingValue)>;
    set_setting(setting: Setting, value: SettingValue, at: Timestamp, by: Option<By>) -> ();
} }

flaky! { Outbox {
    events_after(cursor: EventId, limit: usize) -> Vec<StoredEvent>;
    register(consumer: &str, kind: HookKind) -> Option<ConsumerState>;
    set_missing(consumer: &str, kind: HookKind, missing: String) -> ();
    forget(consumer: &str) -> ();
    consumer_state(consumer: &str) -> Option<ConsumerState>;
    advance(consumer: &str, cursor: Cursor, records: Vec<DeliveryRecord>) -> bool;
    disable(consumer: &str, cursor: Cursor, records: Vec<DeliveryRecord>, reason: String, attribution: Attribution) -> bool;
    sweep_events(before: Timestamp, limit: usize) -> bool;
} }

flaky! { Hooks {
    list_hooks() -> Vec<Hook>;
    list_deliveries(hook: &str, state: Option<DeliveryState>, after: EventId, limit: usize) -> Vec<DeliveryRecord>;
    retry_deliveries(hook: &str, event: Option<EventId>, attribution: Attribution) -> u64;
    drop_delivery(hook: &str, event: EventId, attribution: Attribution) -> ();
    replay(hook: &str, since: Timestamp, until: Timestamp, attribution: Attribution) -> u64;
    switch_hook(hook: &str, off: Option<String>, attribution: Attribution) -> ();
}
    fn hooks_changed(&self) -> watch::Receiver<()> {
        self.store.hooks_changed()
    }
}

flaky! { Webhooks {
    list_webhooks() -> Vec<Webhook>;
    create_webhook(webhook: Webhook, attribution: Attribution) -> ();
    rotate_secret(name: WebhookName, secret: SigningSecret, until: Timestamp, attribution: Attribution) -> ();
    delete_webhook(name: WebhookName, attribution: Attribution) -> ();
} }

flaky! { Invitations {
    invite_users(users: Vec<InvitedUser>, password_hash: String, by: Attribution) -> ();
    create_invitation(new: NewInvitation, by: Attribution) -> ();
    find_invitation(token_hash: String) -> Option<InvitationRecord>;
    list_invitations() -> Vec<InvitationRecord>;
    accept_invitation(acceptance: Acceptance, by: By) -> User;
    delete_invitation(id: InvitationId, by: Attribution) -> ();
} }

flaky! { Avatars {
    find_avatar(key: UserKey) -> Option<Avatar>;
    set_avatar(user: UserId, avatar: Option<Avatar>, by: By) -> ();
} }

flaky! { Displays {
    list_displays() -> Vec<Display>;
    find_display(key_hash: String) -> Option<Display>;
    create_display(display: Display, key_hash: String, attribution: Attribution) -> ();
    rotate_display(id: String, key_hash: String, attribution: Attribution) -> Display;
    delete_display(id: String, attribution: Attribution) -> ();
    display_seen(id: String, at: Timestamp) -> ();
    find_pin(user: UserId) -> Option<String>;
    set_pin(user: UserId, pin_hash: Option<String>, attribution: Attribution) -> ();
} }

flaky! { Audit {
    append_audit(entries: Vec<AuditEntry>) -> ();
    list_audit(query: AuditQuery) -> Page<AuditRecord>;
    audit_after(id: u64, limit: usize) -> Vec<AuditRecord>;
    newest_audit() -> u64;
    sweep_audit(before: Timestamp, limit: usize) -> bool;
}
    fn audited(&self) -> watch::Receiver<()> {
        self.store.audited()
    }
}

#[async_trait]
impl Store for FlakyStore {
    fn committed(&self) -> watch::Receiver<EventId> {
        self.meet("committed");
        self.store.committed()
    }

    fn version(&self, part: ChangeKind) -> u64 {
        let version = self.store.version(part);
        self.meet("version");
        version
    }

    fn deadlines(&self) -> watch::Receiver<()> {
        self.store.deadlines()
    }

    async fn check(&self) -> Result<()> {
        self.pass("check")?;
        self.store.check().await
    }

    async fn size(&self) -> Result<DatabaseSize> {
        self.pass("size")?;
        self.store.size().await
    }

    async fn refresh(&self) -> Result<()> {
        self.store.refresh().await
    }

    async fn notice_other_processes(&self) -> Result<()> {
        self.store.notice_other_processes().await
    }
}
