//! The measured server: a database file with a number of statuses, an app on it, and an
//! administrator.

use bytes::Bytes;
use doorsign::api::{self, Api};
use doorsign::app::{App, SystemClock, Unconnected};
use doorsign::auth::tokens::Tokens;
use doorsign::config::Config;
use doorsign::domain::{Actor, Change, CustomStatus, NewEvent, StatusName, StatusType, UserId};
use doorsign::hooks::registry::Webhooks;
use doorsign::service::authentication::{self, Credentials};
use doorsign::service::users::{self, NewUser};
use doorsign::store::Store;
use doorsign::store::{self, DatabaseSettings};
use doorsign::transport::limits::Limits;
use futures_util::{StreamExt, stream};
use http_body_util::Full;
use rusqlite::{Connection, OpenFlags};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower_service::Service;
use warp::http::{Request, request};
use warp::reply::Response;

/// Concurrent writes while a table is filled.
pub const FILLING: usize = 1024;

/// A database with an app and an administrator.
pub struct Setup {
    /// The handles of the use cases.
    pub app: Arc<App>,
    config: Config,
    actor: Arc<Actor>,
    token: String,
    named: AtomicU64,
    _folder: TempDir,
}

impl Setup {
    /// Creates a setup with a new database file that holds this many statuses.
    pub fn with_statuses(runtime: &Runtime, statuses: u64) -> Self {
        runtime.block_on(async {
            let setup = Self::empty().await;
            let creating = |_| setup.create();
            stream::iter(0..statuses)
                .for_each_concurrent(FILLING, creating)
                .await;
            setup
        })
    }

    async fn empty() -> Self {
        // Not in the temporary folder, which may be in memory: a sync must have its real cost.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut config = Config::defaults_in(folder.path().to_owned());
        // No user is connected, but every user must appear in the list.
        config.unconnected = Some(Unconnected::Declared);
        let file = folder.path().join("doorsign.db");
        let store = store::open(DatabaseSettings {
            readers: config.readers,
            ..DatabaseSettings::of(&file)
        })
        .unwrap();
        let app = Arc::new(app(&config, store));
        let (id, token) = admin(&app).await;
        let credentials = Credentials {
            user: id.as_str(),
            token: &token,
        };
        let actor = authentication::authenticate(&app, Some(credentials))
            .await
            .unwrap();
        Self {
            app,
            config,
            actor,
            token,
            named: AtomicU64::new(0),
            _folder: folder,
        }
    }

    /// Opens another connection to the database file.
    pub fn database(&self) -> Connection {
        let file = self.config.data.join("doorsign.db");
        Connection::open_with_flags(file, OpenFlags::default()).unwrap()
    }

    /// Creates another app on the same database, with an empty session cache.
    pub fn another_app(&self) -> App {
        app(&self.config, self.app.store.clone())
    }

    /// Returns the actor's credentials.
    pub fn credentials(&self) -> Option<Credentials<'_>> {
        Some(Credentials {
            user: self.actor.user.id.as_str(),
            token: &self.token,
        })
    }

    /// Stores one more status and its event.
    pub async fn create(&self) {
        let at = self.app.clock.now();
        let status = CustomStatus {
            id: self.app.ids.status(at),
            name: StatusName::parse(self.new_name()).unwrap(),
            status_type: StatusType::Busy,
            updated_at: at,
        };
        let event = NewEvent {
            at,
            actor: self.actor.user.id.clone(),
            actor_name: self.actor.user.username.clone(),
            change: Change::StatusCreated(status.clone()),
        };
        self.app.store.create_status(status, event).await.unwrap();
    }

    /// Returns a unique name. Consecutive names are far apart in sort order, as in practice.
    pub fn new_name(&self) -> String {
        let n = self.named.fetch_add(1, Ordering::Relaxed);
        format!("{:016x} {n}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Returns the whole API, without a socket.
    pub fn api(
        &self,
    ) -> impl Service<Request<Full<Bytes>>, Response = Response, Error = Infallible> + Clone {
        let (app, limits) = (self.app.clone(), Limits::default());
        let api = Api::new(app, &self.config, limits, "http://127.0.0.1".to_owned());
        warp::service(api::filter(Arc::new(api), None))
    }

    /// Starts a request of the actor, with its headers.
    pub fn request(&self) -> request::Builder {
        Request::builder()
            .header("X-User-Id", self.actor.user.id.as_str())
            .header("X-Auth-Token", &self.token)
    }
}

fn app(config: &Config, store: Arc<dyn Store>) -> App {
    let tokens = Tokens::new(&[7; 32]).unwrap();
    let clock = Arc::new(SystemClock);
    let webhooks = Arc::new(Webhooks::new(config, clock.clone()).unwrap());
    App::new(config, store, clock, tokens, webhooks).unwrap()
}

async fn admin(app: &App) -> (UserId, String) {
    let new = NewUser {
        username: "admin".to_owned(),
        name: None,
        email: None,
        roles: vec!["admin".to_owned()],
        password: "a password for benchmarks".to_owned(),
    };
    users::create(app, new).await.unwrap();
    let token = users::create_token(app, "admin", "benchmarks", None).await;
    token.unwrap()
}
