//! A server on a flaky store.

use super::FlakyStore;
use crate::support::server::add;
use crate::support::{ADMIN_PASSWORD, Client, ManualClock};
use doorsign::api::{self, Api};
use doorsign::app::App;
use doorsign::auth::tokens::Tokens;
use doorsign::config::Config;
use doorsign::realtime::hub::{Listener, Topic};
use doorsign::realtime::publisher::Publisher;
use doorsign::service::users::{self, NewUser};
use doorsign::store::{self, DatabaseSettings};
use doorsign::transport::limits::Limits;
use doorsign::transport::listen;
use doorsign::transport::{SecurityHeaders, Slots};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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
        let store = Arc::new(FlakyStore::new(
            store::open(DatabaseSettings::of(&folder.path().join("doorsign.db"))).unwrap(),
        ));
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
        add(&app, admin).await;
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

    /// A listener to `topics`.
    pub fn listener(&self, topics: &[Topic]) -> Listener {
        let mut listener = self.app.live.listen();
        for topic in topics {
            listener.subscribe(topic.clone());
        }
        listener
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
        add(&self.app, new).await;
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
