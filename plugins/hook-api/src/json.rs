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

/// An event:
/// `{"version":1,"id":7,"type":"custom_user_status.created","time":…,"actor":{…},"data":{…}}`.
#[derive(Serialize)]
struct Form<'a> {
    version: u32,
    id: u64,
    r#type: &'static str,
    time: Rfc3339,
    actor: Who<'a>,
    data: Data<'a>,
}

/// Milliseconds since the Unix epoch, rendered as RFC 3339 in UTC with milliseconds.
struct Rfc3339(i64);

#[derive(Serialize)]
struct Who<'a> {
    _id: &'a str,
    username: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Status {
        _id: &'a str,
        name: &'a str,
        #[serde(rename = "statusType")]
        status_type: &'a str,
        #[serde(rename = "_updatedAt")]
        updated_at: Rfc3339,
    },
    Changed {
        user: Who<'a>,
        status: &'a str,
        #[serde(rename = "statusText")]
        text: &'a str,
        #[serde(rename = "statusSource", skip_serializing_if = "Option::is_none")]
        source: Option<&'a str>,
        #[serde(rename = "statusExpiresAt", skip_serializing_if = "Option::is_none")]
        expires_at: Option<Rfc3339>,
    },
}

/// Renders `event` as one line of JSON, always the same for the same event. At most about 3 KB: a
/// name has up to 120 characters, each of up to six bytes.
pub(crate) fn of(event: &Event) -> String {
    let data = match event {
        Event::Created(it) => Data::from(&it.status),
        Event::Updated(it) => Data::from(&it.status),
        Event::Deleted(it) => Data::from(&it.status),
        Event::StatusChanged(it) => Data::from(it),
    };
    let form = Form {
        version: VERSION,
        id: event.id(),
        r#type: event.kind(),
        time: Rfc3339(event.at_ms()),
        actor: event.actor().into(),
        data,
    };
    // Cannot fail: all map keys are strings and every value serializes.
    serde_json::to_string(&form).unwrap_or_default()
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let utc = EPOCH.checked_add(SignedDuration::from_millis(self.0));
        serializer.collect_str(&format_args!("{:.3}Z", utc.unwrap_or(EPOCH)))
    }
}

impl<'a> From<&'a Actor> for Who<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self {
            _id: &actor.id,
            username: &actor.username,
        }
    }
}

impl<'a> From<&'a Status> for Data<'a> {
    fn from(status: &'a Status) -> Self {
        Self::Status {
            _id: &status.id,
            name: &status.name,
            status_type: &status.status_type,
            updated_at: Rfc3339(status.updated_at_ms),
        }
    }
}

impl<'a> From<&'a UserStatusChanged> for Data<'a> {
    fn from(changed: &'a UserStatusChanged) -> Self {
        Self::Changed {
            user: (&changed.user).into(),
            status: &changed.status,
            text: &changed.text,
            source: changed.source.as_deref(),
            expires_at: changed.expires_at_ms.map(Rfc3339),
        }
    }
}
