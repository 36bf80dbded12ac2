//! What the tests share: a real server on a real socket with a real database file, clients as
//! actors, and a clock that only tests move. `KEEP_DB=1` keeps the data folders and prints their
//! paths.

pub mod accounts;
pub mod admin;
pub mod attempts;
pub mod board;
pub mod cli;
mod client;
mod clock;
pub mod connections;
pub mod data_folder;
pub mod dev;
pub mod displays;
pub mod docs;
pub mod event_stream;
pub mod events;
pub mod flaky;
pub mod flood;
pub mod frames;
pub mod full;
mod golden;
pub mod good_requests;
pub mod hiding;
pub mod hook_folder;
pub mod hooks;
pub mod invitations;
pub mod listener;
mod live;
pub mod load;
pub mod log;
pub mod methods;
pub mod office;
pub mod openapi;
pub mod page;
pub mod pictures;
pub mod presence;
pub mod process;
pub mod raw;
pub mod receiver;
pub mod scripted;
mod server;
pub mod sockjs;
pub mod sources;
pub mod statuses;
pub mod store;
mod upstream_error;
pub mod visibility;
pub mod watcher;
pub mod webhooks;
pub mod worlds;

pub use client::{Client, Reply};
pub use clock::ManualClock;
pub use golden::golden_lines;
pub use live::{CUT, Live};
pub use server::{Setup, TestServer};

use doorsign::app::{App, Clock};
use doorsign::auth::tokens::Tokens;
use doorsign::config::Config;
use doorsign::domain::{Attribution, Timestamp};
use doorsign::hooks::registry::Webhooks;
use doorsign::store::Store;
use std::sync::Arc;
use std::time::Duration;

pub const ADMIN_PASSWORD: &str = "a password for tests";

/// The operator, as the author of a change at an arbitrary time.
pub const fn operator() -> Attribution {
    Attribution::operator(Timestamp::from_millis(0))
}

/// The author of users who exist before a test begins. Their creation leaves no event.
pub const fn beforehand() -> Attribution {
    Attribution::server(Timestamp::from_millis(0))
}

/// A runtime for a test that is not async itself.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The handles of use cases on `store`, for tests without a server.
pub fn app(config: &Config, store: Arc<dyn Store>, clock: Arc<dyn Clock>, tokens: Tokens) -> App {
    let webhooks = Arc::new(Webhooks::new(config, clock.clone()).unwrap());
    App::new(config, store, clock, tokens, webhooks).unwrap()
}

/// Longer than anything here takes, even on a busy machine. Only failing tests wait this long.
pub const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Fails instead of hanging, and names what is missing.
pub async fn in_time<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(TEST_TIMEOUT, waiting).await;
    done.unwrap_or_else(|_| panic!("not in time: {what}"))
}

/// Yields the CPU before a test polls again.
pub async fn look_again() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}
