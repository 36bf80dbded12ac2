//! Settings as JSON, and the responses about features that this server does not have.

use crate::app::configuration_key;
use crate::domain::{Audience, ChangedBy, PasswordPolicy, Setting, SettingValue};
use serde::Serialize;
use serde_json::Value;

/// A setting (`ISetting`, of which clients read these two fields).
#[derive(Serialize)]
pub(in crate::api) struct SettingRow<'a> {
    _id: &'static str,
    value: Plain<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Plain<'a> {
    Boolean(bool),
    Number(i64),
    Text(&'a str),
}

impl<'a> SettingRow<'a> {
    pub(in crate::api) fn new(setting: Setting, value: &'a SettingValue) -> Self {
        let (_id, value) = (setting.id(), value.into());
        Self { _id, value }
    }
}

impl<'a> From<&'a SettingValue> for Plain<'a> {
    fn from(value: &'a SettingValue) -> Self {
        match value {
            SettingValue::Boolean(value) => Self::Boolean(*value),
            SettingValue::Number(value) => Self::Number(*value),
            SettingValue::Text(value) => Self::Text(value),
        }
    }
}

/// The response to `settings.list`: all settings, public or not. The route is ours.
#[derive(Serialize)]
pub(in crate::api) struct SettingList<'a> {
    settings: Vec<WholeSetting<'a>>,
}

/// A setting with what an administrator needs to change it. `readOnly` ones are fixed, or held by
/// the configuration under the key `configuration`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WholeSetting<'a> {
    #[serde(flatten)]
    row: SettingRow<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    default: Plain<'a>,
    public: bool,
    read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<&'static str>,
}

impl<'a> SettingList<'a> {
    /// Renders settings with their values, each with its default.
    pub(in crate::api) fn new(
        settings: impl IntoIterator<Item = &'a ((Setting, SettingValue), SettingValue)>,
    ) -> Self {
        let whole = settings
            .into_iter()
            .map(|((setting, value), default)| WholeSetting {
                row: SettingRow::new(*setting, value),
                kind: default.kind(),
                default: default.into(),
                public: setting.audience() == Audience::Everyone,
                read_only: setting.change() == ChangedBy::Server,
                configuration: configuration_key(*setting),
            });
        Self {
            settings: whole.collect(),
        }
    }
}

/// The response to `settings.public`: one page.
#[derive(Serialize)]
pub(in crate::api) struct SettingPage<'a> {
    settings: Vec<SettingRow<'a>>,
    count: usize,
    offset: u64,
    total: usize,
}

impl<'a> SettingPage<'a> {
    /// Creates a page of at most `limit` of all matches, after the first `offset`.
    pub(in crate::api) fn new(
        all: &'a [(Setting, SettingValue)],
        (offset, limit): (u64, Option<u64>),
    ) -> Self {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let page = all.iter().skip(size(offset));
        let page = page.take(limit.map_or(usize::MAX, size));
        let settings: Vec<_> = page
            .map(|(setting, value)| SettingRow::new(*setting, value))
            .collect();
        Self {
            count: settings.len(),
            settings,
            offset,
            total: all.len(),
        }
    }
}

/// The response to `settings/:_id`.
#[derive(Serialize)]
pub(in crate::api) struct SettingReply<'a> {
    #[serde(flatten)]
    setting: SettingRow<'a>,
}

impl<'a> From<&'a (Setting, SettingValue)> for SettingReply<'a> {
    fn from((setting, value): &'a (Setting, SettingValue)) -> Self {
        Self {
            setting: SettingRow::new(*setting, value),
        }
    }
}

/// Converts `json` to a setting's value; `None` for types that no setting accepts.
pub(in crate::api) fn setting_value(json: &Value) -> Option<SettingValue> {
    match json {
        Value::Bool(value) => Some(SettingValue::Boolean(*value)),
        Value::Number(value) => value.as_i64().map(SettingValue::Number),
        Value::String(value) => Some(SettingValue::Text(value.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The response to `settings.oauth`.
#[derive(Serialize)]
pub(in crate::api) struct NoServices {
    services: [(); 0],
}

impl NoServices {
    pub(in crate::api) const NONE: Self = Self { services: [] };
}

/// The response to `service.configurations`.
#[derive(Serialize)]
pub(in crate::api) struct NoConfigurations {
    configurations: [(); 0],
}

impl NoConfigurations {
    pub(in crate::api) const NONE: Self = Self { configurations: [] };
}

/// The response to `pw.getPolicy`: the rules by Rocket.Chat's keys (`PasswordPolicy.ts`), which its
/// clients translate. It has no keys for the rules about names and common passwords.
#[derive(Serialize)]
pub(in crate::api) struct PasswordPolicyReply {
    enabled: bool,
    policy: Vec<(&'static str, MinLength)>,
}

#[derive(Serialize)]
struct MinLength {
    #[serde(rename = "minLength")]
    characters: usize,
}

impl From<PasswordPolicy> for PasswordPolicyReply {
    fn from(policy: PasswordPolicy) -> Self {
        let length = policy.min_length();
        let rule = |characters| ("get-password-policy-minLength", MinLength { characters });
        Self {
            enabled: length.is_some(),
            policy: length.map(rule).into_iter().collect(),
        }
    }
}

/// The response to `presence.getConnections`.
#[derive(Serialize)]
pub(in crate::api) struct Connections {
    pub(in crate::api) current: usize,
    pub(in crate::api) max: usize,
}
