//! The state of the server and its configuration as JSON. The shapes are ours.

use crate::api::Api;
use crate::api::wire::date::Rfc3339;
use crate::config::{EffectiveSetting, Source};
use crate::service::server::ServerStatus;
use serde::Serialize;
use serde_json::Value;

/// The response to `server.status`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct ServerStatusReply {
    version: &'static str,
    started_at: Rfc3339,
    database: Database,
    connections: Connections,
    failing_hooks: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Database {
    bytes: u64,
    wal_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_bytes: Option<u64>,
}

/// `open` counts every connection, `streams` those that wait for live messages.
#[derive(Serialize)]
struct Connections {
    open: usize,
    limit: usize,
    streams: usize,
}

impl ServerStatusReply {
    pub(in crate::api) fn new(status: &ServerStatus, api: &Api) -> Self {
        let database = status.database;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            started_at: api.started_at.into(),
            database: Database {
                bytes: database.bytes,
                wal_bytes: database.log_bytes,
                limit_bytes: database.limit_bytes,
            },
            connections: Connections {
                open: api.slots.as_ref().map_or(0, |slots| slots.count()),
                limit: api.max_connections,
                streams: api.app.live.count(),
            },
            failing_hooks: status.failing_hooks,
        }
    }
}

/// The response to `server.configuration`.
#[derive(Serialize)]
pub(in crate::api) struct ConfigurationReply<'a> {
    configuration: Vec<ConfigurationRow<'a>>,
}

/// A setting of the configuration. `value` is null for a secret and where there is none. `from`
/// names the file, the variable or the flag.
#[derive(Serialize)]
struct ConfigurationRow<'a> {
    key: &'a str,
    value: Value,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    secret: bool,
}

impl<'a> From<&'a [EffectiveSetting]> for ConfigurationReply<'a> {
    fn from(settings: &'a [EffectiveSetting]) -> Self {
        let row = |setting: &'a EffectiveSetting| ConfigurationRow {
            key: &setting.key,
            value: serde_json::to_value(&setting.value).unwrap_or_default(),
            source: setting.source.kind(),
            from: Some(setting.source.name()).filter(|_| setting.source != Source::Default),
            secret: setting.is_secret,
        };
        Self {
            configuration: settings.iter().map(row).collect(),
        }
    }
}
