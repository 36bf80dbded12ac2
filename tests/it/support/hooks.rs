//! The state of hooks over REST.

use crate::support::{Client, TEST_TIMEOUT, in_time, look_again};
use doorsign::hooks::delivery::Pace;
use serde_json::Value;
use std::time::Duration;

/// What has failed is tried again when a test wants it, or never.
pub const ONCE: Pace = Pace {
    limit: TEST_TIMEOUT,
    waits: &[Duration::from_secs(24 * 60 * 60)],
};

/// How the hook stands, once that is so.
pub async fn wait_for_hook(admin: &Client, hook: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let looking = async {
        loop {
            let list = admin.get("hooks.list").await.expect(200).json();
            let hooks = list["hooks"].as_array().unwrap();
            let found = hooks.iter().find(|found| found["name"] == hook);
            if let Some(found) = found.filter(|found| is_it(found)) {
                return found.clone();
            }
            look_again().await;
        }
    };
    in_time(hook, looking).await
}
