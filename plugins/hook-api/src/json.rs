//! The JSON form of events, for hooks outside the server's own code. The server publishes its JSON
//! Schema at `/api/v1/events.schema`.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde::{Serialize, Serializer};

use crate::{Actor, Event, Status, UserStatusChanged};

/// The version of the form. Fields may be added under the same version; none is removed or changes
/// its meaning.
pub const VERSION: u32 = 1;

/// The epoch, in civil time, because jiff's instants end a day before the year 9999 does.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The form around the data of an event:
/// `{"version":1,"id":7,"type":"custom_user_status.created","time":…,"actor":{…},"data":{…}}`.
///
/// Messages that are not events of the outbox have neither `id` nor `actor`.
#[derive(Debug, Serialize)]
pub struct Envelope<'a, D> {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    r#type: &'a str,
    time: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<UserForm<'a>>,
    data: D,
}

impl<'a, D> Envelope<'a, D> {
    /// Creates the form of a message without a position: its type, time and data.
    pub fn message(kind: &'a str, time: impl Into<Rfc3339>, data: D) -> Self {
        Self {
            version: VERSION,
            id: None,
            r#type: kind,
            time: time.into(),
            actor: None,
            data,
        }
    }

    /// Adds the position in the outbox and the user who caused the event.
    #[must_use]
    pub fn caused_by(self, id: u64, actor: UserForm<'a>) -> Self {
        Self {
            id: Some(id),
            actor: Some(actor),
            ..self
        }
    }

    /// Returns the type.
    pub fn kind(&self) -> &'a str {
        self.r#type
    }
}

impl<D: Serialize> Envelope<'_, D> {
    /// Returns the form as one line of JSON.
    pub fn json(&self) -> String {
        // Cannot fail: all map keys are strings and every value serializes.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Data without content: `{}`.
#[derive(Debug, Serialize)]
pub struct NoData {}

/// Milliseconds since the Unix epoch, rendered as RFC 3339 in UTC with milliseconds. Renders the
/// epoch for instants outside jiff's range, the years -9999 to 9999.
#[derive(Clone, Copy, Debug)]
pub struct Rfc3339(pub i64);

/// A user: `{"_id":…,"username":…}`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UserForm<'a> {
    /// The user's id, which never changes.
    pub _id: &'a str,
    /// The user's name at the time of the event.
    pub username: &'a str,
}

/// A custom user status: `{"_id":…,"name":…,"statusType":…,"_updatedAt":…}`.
#[derive(Debug, Serialize)]
pub struct StatusForm<'a> {
    _id: &'a str,
    name: &'a str,
    #[serde(rename = "statusType")]
    status_type: &'a str,
    #[serde(rename = "_updatedAt")]
    updated_at: Rfc3339,
}

#[derive(Serialize)]
struct ChangeForm<'a> {
    user: UserForm<'a>,
    status: &'a str,
    #[serde(rename = "statusText")]
    text: &'a str,
    #[serde(rename = "statusSource", skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(rename = "statusExpiresAt", skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
}

/// Renders `event` as one line of JSON, always the same for the same event. At most about 3 KB: a
/// name has up to 120 characters, each of up to six bytes.
pub(crate) fn render(event: &Event) -> String {
    match event {
        Event::Created(it) => with_data(event, StatusForm::from(&it.status)),
        Event::Updated(it) => with_data(event, StatusForm::from(&it.status)),
        Event::Deleted(it) => with_data(event, StatusForm::from(&it.status)),
        Event::StatusChanged(it) => with_data(event, ChangeForm::from(it)),
    }
}

fn with_data<D: Serialize>(event: &Event, data: D) -> String {
    let message = Envelope::message(event.kind(), Rfc3339(event.at_ms()), data);
    message.caused_by(event.id(), event.actor().into()).json()
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let utc = EPOCH.checked_add(SignedDuration::from_millis(self.0));
        serializer.collect_str(&format_args!("{:.3}Z", utc.unwrap_or(EPOCH)))
    }
}

impl<'a> From<&'a Actor> for UserForm<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self {
            _id: &actor.id,
            username: &actor.username,
        }
    }
}

impl<'a> From<&'a Status> for StatusForm<'a> {
    fn from(status: &'a Status) -> Self {
        Self {
            _id: &status.id,
            name: &status.name,
            status_type: &status.status_type,
            updated_at: Rfc3339(status.updated_at_ms),
        }
    }
}

impl<'a> From<&'a UserStatusChanged> for ChangeForm<'a> {
    fn from(changed: &'a UserStatusChanged) -> Self {
        Self {
            user: (&changed.user).into(),
            status: &changed.status,
            text: &changed.text,
            source: changed.source.as_deref(),
            expires_at: changed.expires_at_ms.map(Rfc3339),
        }
    }
}
