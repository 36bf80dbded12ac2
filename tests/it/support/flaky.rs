//! A store that fails when it is told to, and a server on it. Everything else it does is done by a real one.

use crate::support::{ADMIN_PASSWORD, Client, ManualClock, look_again};
use async_trait::async_trait;
use doorsign::api::{self, Api};
use doorsign::app::App;
use doorsign::auth::tokens::Tokens;
use doorsign::config::Config;
use doorsign::domain::{
    Attribution, AuditEntry, AuditQuery, AuditRecord, By, CustomStatus, DeliveryRecord,
    DeliveryState, EndedLogins, Error, EventId, GrantChange, Hook, HookKind, Login, LoginId,
    LoginQuery, LoginRecord, NewEvent, NewLogin, Origin, PermissionGrant, Person, Presence, Result,
    Role, Session, Setting, SettingValue, SigningSecret, StatusId, StatusName, Timestamp, User,
    UserId, UserPatch, Username, Webhook, WebhookName,
};
use doorsign::domain::{Page, StatusQuery, UserKey, UserQuery};
use doorsign::realtime::publisher::Publisher;
use doorsign::service::users::{self, NewUser};
use doorsign::store::{
    self, Audit, ChangeKind, ConsumerState, Cursor, CustomStatuses, Database, DatabaseSettings,
    Hooks, Logins, Outbox, Permissions, PresenceChange, PresenceQuery, PresenceSnapshot, Presences,
    Settings, Store, StoredEvent, Users, Webhooks,
};
use doorsign::transport::limits::Limits;
use doorsign::transport::listen;
use doorsign::transport::{SecurityHeaders, Slots};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What is to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Full, busy or stopping.
    Unavailable,
    /// A failure with this text, which is nobody's business.
    Internal(&'static str),
    /// A panic with this text.
    Panic(&'static str),
}

/// Work that runs in the middle of a call.
type Interruption = Box<dyn FnOnce() + Send>;

/// A store whose methods fail when told to, once or until it is healed, and can be interrupted.
pub struct FlakyStore {
    store: Arc<dyn Database>,
    next: Mutex<Option<(&'static str, Fault)>>,
    broken: Mutex<Option<(&'static str, Fault)>>,
    interruption: Mutex<Option<(&'static str, Interruption)>>,
    failures: AtomicUsize,
    hidden: Mutex<Option<UserId>>,
    overtaking: Mutex<Option<(UserId, UserPatch)>>,
}

impl FlakyStore {
    /// Lets somebody be quicker than the next `update_user`: this is done before it.
    pub fn overtake(&self, id: UserId, patch: UserPatch) {
        *self.overtaking.lock().unwrap() = Some((id, patch));
    }

    async fn overtaken(&self, method: &str) -> Result<()> {
        let quicker = match method {
            "update_user" => self.overtaking.lock().unwrap().take(),
            _ => None,
        };
        if let Some((id, patch)) = quicker {
            let by = By {
                user: id.clone(),
                username: Username::stored("quicker".to_owned()),
                at: Timestamp::from_millis(0),
                origin: Origin::Server,
            };
            self.store.update_user(id, patch, by).await?;
        }
        Ok(())
    }

    /// Lets the next call of `method` fail. Nothing is left of an earlier fault.
    pub fn fail_once(&self, method: &'static str, fault: Fault) {
        *self.next.lock().unwrap() = Some((method, fault));
    }

    /// Lets every call of `method` fail from now on, until [`heal`](Self::heal).
    pub fn break_down(&self, method: &'static str, fault: Fault) {
        *self.broken.lock().unwrap() = Some((method, fault));
    }

    /// Lets the card of this user be unreadable from now on.
    pub fn hide_card(&self, user: UserId) {
        *self.hidden.lock().unwrap() = Some(user);
    }

    /// Waits until something has failed.
    pub async fn fails(&self) {
        while self.failures.load(Ordering::SeqCst) == 0 {
            look_again().await;
        }
    }

    /// Ends what [`break_down`](Self::break_down) began.
    pub fn heal(&self) {
        *self.broken.lock().unwrap() = None;
    }

    /// Runs `work` inside the next call of `method`: before the call does anything, except for `version`, whose caller
    /// gets the version from before `work`. This is the injected delay of the race tests.
    pub fn interrupt(&self, method: &'static str, work: impl FnOnce() + Send + 'static) {
        *self.interruption.lock().unwrap() = Some((method, Box::new(work)));
    }

    /// Whether the interruption has begun.
    pub fn is_interrupted(&self) -> bool {
        self.interruption.lock().unwrap().is_none()
    }

    /// The store behind this one, which neither fails nor can be interrupted.
    pub fn sound(&self) -> &dyn Database {
        &*self.store
    }

    fn meet(&self, method: &str) {
        let due = self
            .interruption
            .lock()
            .unwrap()
            .take_if(|(name, _)| *name == method);
        if let Some((_, work)) = due {
            work();
        }
    }

    /// Whether the fault was met.
    pub fn has_failed(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }

    fn pass(&self, method: &str) -> Result<()> {
        self.meet(method);
        let broken = *self.broken.lock().unwrap();
        let fault = self
            .next
            .lock()
            .unwrap()
            .take_if(|(name, _)| *name == method)
            .or_else(|| broken.filter(|(name, _)| *name == method));
        if fault.is_some() {
            self.failures.fetch_add(1, Ordering::SeqCst);
        }
        match fault.map(|(_, fault)| fault) {
            None => Ok(()),
            Some(Fault::Unavailable) => Err(Error::UNAVAILABLE),
            Some(Fault::Internal(text)) => Err(Error::internal(text)),
            Some(Fault::Panic(text)) => panic!("{text}"),
        }
    }
}

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
    find_user(key: UserKey) -> Option<(User, String)>;
    has_users() -> bool;
    list_users(query: UserQuery) -> Page<User>;
    update_user(id: UserId, patch: UserPatch, by: By) -> User;
    delete_user(id: UserId, by: By) -> ();
} }

flaky! { Presences {
    find_presence(user: UserId) -> Presence;
    list_presences(query: PresenceQuery) -> Vec<Person>;
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
    standing(consumer: &str) -> Option<ConsumerState>;
    advance(consumer: &str, place: Cursor, records: Vec<DeliveryRecord>) -> bool;
    disable(consumer: &str, place: Cursor, records: Vec<DeliveryRecord>, reason: String, attribution: Attribution) -> bool;
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

    async fn refresh(&self) -> Result<()> {
        self.store.refresh().await
    }

    async fn notice_other_processes(&self) -> Result<()> {
        self.store.notice_other_processes().await
    }
}

/// A server on a flaky store, with the administrator `admin`.
pub struct FlakyServer {
    pub store: Arc<FlakyStore>,
    pub app: Arc<App>,
    pub address: SocketAddr,
    pub slots: Arc<Slots>,
    stop: CancellationToken,
    _stop: tokio_util::sync::DropGuard,
    _folder: tempfile::TempDir,
}

impl FlakyServer {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::defaults_in(folder.path().to_owned());
        let store = Arc::new(FlakyStore {
            store: store::open(DatabaseSettings::of(&folder.path().join("doorsign.db"))).unwrap(),
            next: Mutex::default(),
            broken: Mutex::default(),
            interruption: Mutex::default(),
            failures: AtomicUsize::default(),
            hidden: Mutex::default(),
            overtaking: Mutex::default(),
        });
        let tokens = Tokens::open(&folder.path().join("token-secret")).unwrap();
        let app = crate::support::app(&config, store.clone(), ManualClock::new(), tokens);
        let app = Arc::new(app);
        let listener = TcpListener::bind(&config.listen).await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let limits = Limits::default();
        let api = Arc::new(Api::new(app.clone(), &config, limits, String::new()));
        let slots = Slots::new(100, None, Vec::new());
        tokio::spawn(listen::serve(
            listener,
            move |peer| api::filter(api.clone(), Some(peer)),
            slots.clone(),
            limits,
            SecurityHeaders::Http,
            stop.clone(),
        ));
        let admin = NewUser {
            username: "admin".to_owned(),
            name: None,
            email: None,
            roles: vec!["admin".to_owned()],
            password: ADMIN_PASSWORD.to_owned(),
        };
        users::create(&app, admin).await.unwrap();
        Self {
            store,
            app,
            address,
            slots,
            stop: stop.clone(),
            _stop: stop.drop_guard(),
            _folder: folder,
        }
    }

    /// Publishes what is committed from now on, as a server does.
    pub fn publish(&self) {
        tokio::spawn(Publisher::new(self.app.clone(), self.stop.clone()).run());
    }

    /// A new user, by a new token.
    pub async fn user(&self, name: &str) -> Client {
        let new = NewUser {
            username: name.to_owned(),
            name: None,
            email: None,
            roles: vec!["user".to_owned()],
            password: format!("{name}'s password"),
        };
        users::create(&self.app, new).await.unwrap();
        let (id, token) = users::create_token(&self.app, name, "t", None)
            .await
            .unwrap();
        Client::new(self.address, Some((id.as_str().to_owned(), token)))
    }

    /// The administrator, by a new token named `token`.
    pub async fn admin(&self, token: &str) -> Client {
        let (id, token) = users::create_token(&self.app, "admin", token, None)
            .await
            .unwrap();
        Client::new(self.address, Some((id.as_str().to_owned(), token)))
    }
}

/// Waits for `work` inside a call that cannot wait. Needs a runtime with several threads.
pub fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
}
