//! What the tests share: a real server on a real socket and a real database file, clients that are actors, and a clock that only
//! tests move. `KEEP_DB=1` keeps the data folders and prints where they are.

use bytes::Bytes;
use doorsign::app::{App, Clock};
use doorsign::config::{Config, Contract};
use doorsign::domain::Timestamp;
use doorsign::limits::Limits;
use doorsign::outbox::Pace;
use doorsign::server::Server;
use doorsign::service::users::{self, NewUser};
use doorsign_hook::PostCreateHook;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client as HttpClient, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use warp::http::{HeaderMap, Method, Request, StatusCode};

pub const ADMIN_PASSWORD: &str = "a password for tests";

/// A clock that stands still until a test moves it.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// 2026-01-01T00:00:00Z.
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_767_225_600_000)))
    }

    pub fn advance(&self, span: Duration) {
        self.0
            .fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// What a server is to be started with.
pub struct Setup {
    pub config: Config,
    pub clock: Arc<ManualClock>,
    pub hooks: Vec<Arc<dyn PostCreateHook>>,
    pub pace: Pace,
    pub limits: Limits,
    folder: Option<tempfile::TempDir>,
}

impl Setup {
    /// A server on a data folder of its own, with the defaults.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut setup = Self::at(&folder.path().join("data"));
        setup.folder = Some(folder);
        setup
    }

    /// A server on the data folder at `path`, which outlives it.
    pub fn at(path: &Path) -> Self {
        let mut config = Config::defaults_in(path.to_owned());
        config.admin_password = Some(ADMIN_PASSWORD.into());
        Self {
            config,
            clock: ManualClock::new(),
            hooks: Vec::new(),
            pace: Pace::default(),
            limits: Limits::default(),
            folder: None,
        }
    }

    pub fn contract(mut self, contract: Contract) -> Self {
        self.config.contract = contract;
        self
    }

    pub fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    pub fn hook(mut self, hook: Arc<dyn PostCreateHook>) -> Self {
        self.hooks.push(hook);
        self
    }

    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub async fn start(self) -> TestServer {
        let server = Server::open(self.config.clone(), self.clock.clone(), self.hooks)
            .await
            .unwrap()
            .with_pace(self.pace)
            .with_limits(self.limits);
        let listener = TcpListener::bind(self.config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = server.app.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(listener, async {
            let _ = stopped.await;
        }));
        TestServer {
            address,
            app,
            clock: self.clock,
            data: self.config.data,
            stop: Some(stop),
            running: Some(running),
            folder: self.folder,
        }
    }
}

/// A server that runs until it is stopped or dropped.
pub struct TestServer {
    pub address: SocketAddr,
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub data: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
    folder: Option<tempfile::TempDir>,
}

impl TestServer {
    /// With the defaults.
    pub async fn start() -> Self {
        Setup::new().start().await
    }

    /// Nobody.
    pub fn anon(&self) -> Client {
        Client::new(self.address, None)
    }

    /// The administrator, by a token.
    pub async fn admin(&self) -> Client {
        self.with_token("admin").await
    }

    /// A new user with the role `user`, by a token.
    pub async fn user(&self, name: &str) -> Client {
        self.user_with_roles(name, &["user"]).await
    }

    /// A new user with these roles, by a token.
    pub async fn user_with_roles(&self, name: &str, roles: &[&str]) -> Client {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let new = NewUser {
            username: name.to_owned(),
            name: None,
            email: Some(format!("{name}@example.org")),
            roles,
            password: format!("{name}'s password"),
        };
        users::create(&self.app, new).await.unwrap();
        self.with_token(name).await
    }

    /// An existing user, by a new token.
    pub async fn with_token(&self, username: &str) -> Client {
        let name = format!("token of {username} {:?}", std::time::Instant::now());
        let (id, token) = users::create_token(&self.app, username, &name, None)
            .await
            .unwrap();
        Client::new(self.address, Some((id.as_str().to_owned(), token)))
    }

    /// Stops the server as a signal would, and waits until it has ended.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let (Some(folder), Ok(_)) = (self.folder.take(), std::env::var("KEEP_DB")) {
            println!("the data folder is kept: {}", folder.keep().display());
        }
    }
}

/// Somebody with an HTTP client.
#[derive(Clone)]
pub struct Client {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    /// User id and auth token.
    pub credentials: Option<(String, String)>,
}

/// Why there is no whole answer.
pub type Gone = Box<dyn std::error::Error + Send + Sync>;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Client {
    pub fn new(address: SocketAddr, credentials: Option<(String, String)>) -> Self {
        Self {
            http: HttpClient::builder(TokioExecutor::new()).build_http(),
            address,
            credentials,
        }
    }

    /// `GET /api/v1/ROUTE`.
    pub async fn get(&self, route: &str) -> Reply {
        self.send(Method::GET, &format!("/api/v1/{route}"), &[], "")
            .await
    }

    /// `POST /api/v1/ROUTE` with a JSON body.
    pub async fn post(&self, route: &str, body: Value) -> Reply {
        self.post_raw(route, "application/json", body.to_string())
            .await
    }

    /// `POST /api/v1/ROUTE` with any body.
    pub async fn post_raw(&self, route: &str, content_type: &str, body: impl Into<Bytes>) -> Reply {
        self.send(
            Method::POST,
            &format!("/api/v1/{route}"),
            &[("content-type", content_type)],
            body,
        )
        .await
    }

    /// As [`post`](Self::post), at a server that may die meanwhile.
    pub async fn try_post(&self, route: &str, body: Value) -> Result<Reply, Gone> {
        let json = [("content-type", "application/json")];
        let path = format!("/api/v1/{route}");
        self.try_send(Method::POST, &path, &json, body.to_string())
            .await
    }

    /// Anything, at any path.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply, Gone> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        if let Some((user, token)) = &self.credentials {
            request = request
                .header("X-User-Id", user)
                .header("X-Auth-Token", token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let (parts, body) = self.http.request(request).await?.into_parts();
        Ok(Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await?.to_bytes(),
        })
    }
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Passes when the status is `status`; shows the body when not.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// Compares status and body, byte for byte but for ids and times, with `tests/it/golden/NAME.json`.
    /// `UPDATE_GOLDEN=1` writes the file anew.
    #[track_caller]
    pub fn golden(&self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/it/golden")
            .join(format!("{name}.json"));
        let got = format!("{} {}\n", self.status.as_u16(), mask(self.text()));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &got).unwrap();
        }
        let kept =
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(got, kept, "{}", path.display());
    }
}

/// Puts fixed words in the place of ids, tokens and times. Everything else stays byte for byte.
fn mask(body: &str) -> String {
    let mut masked = String::new();
    let parts: Vec<&str> = body.split('"').collect();
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            masked.push('"');
        }
        let key = (n >= 2 && parts[n - 1] == ":").then(|| parts[n - 2]);
        masked.push_str(if n % 2 == 1 {
            masked_text(key, part)
        } else {
            part
        });
    }
    masked
}

fn masked_text<'a>(key: Option<&str>, text: &'a str) -> &'a str {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let like = |shape: &str| {
        text.len() == shape.len()
            && text
                .chars()
                .zip(shape.chars())
                .all(|(c, s)| if s == '0' { c.is_ascii_digit() } else { c == s })
    };
    let names_a_user = matches!(key, Some("_id" | "userId"));
    if text.len() == 24 && text.chars().all(hex) {
        "STATUS-ID"
    } else if names_a_user && text.len() == 17 && text.chars().all(|c| c.is_ascii_alphanumeric()) {
        "USER-ID"
    } else if like("0000-00-00T00:00:00.000Z") {
        "TIME"
    } else if text.starts_with("eyJ") && text.matches('.').count() == 2 {
        "TOKEN"
    } else {
        text
    }
}
