//! `displays.*`: screens with a key of their own, and the PINs with which people use them. These
//! routes are ours.

use crate::api::error::ApiError;
use crate::api::http::fields::Fields;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::http::time_zone;
use crate::api::wire::date;
use crate::api::wire::{DisplayKeyReply, DisplayList, PinReply};
use crate::domain::{
    Dim, DisplayLook, DisplayOrder, DisplayTheme, Error, Field, Pin, Problem, Requester, UserStatus,
};
use crate::service::displays::{self, MAY_MANAGE};
use crate::service::presence::StatusDraft;

/// The fields of a new display beside its name.
const LOOK: [&str; 6] = [
    "order",
    "theme",
    "timeZone",
    "dim",
    "keepAwake",
    "interactive",
];

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor_with(MAY_MANAGE).await?;
    Query::parse(request.query(), &[])?;
    let app = request.count_call(Some(&actor))?;
    let found = displays::list(app, (&actor).into()).await?;
    response::success(&DisplayList::from(&*found))
}

pub(in crate::api) async fn create(request: Request) -> Answer {
    let actor = request.actor_with(MAY_MANAGE).await?;
    let mut fields = request.fields_named(&["name"], &LOOK)?;
    let name = fields.text("name")?.unwrap_or_default();
    let look = look(&mut fields)?;
    let app = request.count_call(Some(&actor))?;
    let created = displays::create(app, (&actor).into(), name, look).await?;
    response::success(&DisplayKeyReply::new(&created, &request.site_url()))
}

pub(in crate::api) async fn rotate(request: Request) -> Answer {
    let (actor, id) = chosen(&request).await?;
    let app = request.count_call(Some(&actor))?;
    let rotated = displays::rotate(app, (&actor).into(), id).await?;
    response::success(&DisplayKeyReply::new(&rotated, &request.site_url()))
}

pub(in crate::api) async fn revoke(request: Request) -> Answer {
    let (actor, id) = chosen(&request).await?;
    displays::revoke(request.count_call(Some(&actor))?, (&actor).into(), id).await?;
    response::done()
}

/// `displays.setStatus`: the display proves itself by its key, and the person by the PIN.
pub(in crate::api) async fn set_status(request: Request) -> Answer {
    let key = request.display_key().ok_or(Error::Unauthenticated)?;
    let mut fields =
        request.fields_named(&["username", "pin", "status"], &["text", "expiresAt"])?;
    let username = fields.filled("username")?;
    let pin = fields.text("pin")?.unwrap_or_default();
    let status = fields.text("status")?.unwrap_or_default();
    let unknown = || Error::invalid(Field::Status, Problem::Unknown);
    let draft = StatusDraft {
        status: Some(UserStatus::named(&status).ok_or_else(unknown)?),
        // Without a text, an earlier one must not stay beside the new status.
        text: Some(fields.text("text")?.unwrap_or_default()),
        expires_at: fields.text("expiresAt")?.map(|text| date::read(&text)),
    };
    let app = request.count_call(None)?;
    let person = (username, Pin::parse(&pin)?);
    displays::set_status(app, (key, request.address()), person, draft).await?;
    response::done()
}

/// `users.setDisplayPin`: sets the own PIN, or removes it with null.
pub(in crate::api) async fn set_pin(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&["pin"], &[])?;
    let pin = fields.text("pin")?.map(|text| Pin::choose(&text));
    let pin = pin.transpose()?;
    let is_set = pin.is_some();
    displays::set_pin(request.count_call(Some(&actor))?, &actor, pin).await?;
    response::success(&PinReply { is_set })
}

/// `users.getDisplayPin`: whether the own PIN is set.
pub(in crate::api) async fn has_pin(request: Request) -> Answer {
    let actor = request.actor().await?;
    Query::parse(request.query(), &[])?;
    let is_set = displays::has_pin(request.count_call(Some(&actor))?, &actor).await?;
    response::success(&PinReply { is_set })
}

/// Returns the requester, and the id of the display.
async fn chosen(request: &Request) -> Result<(Requester, String), ApiError> {
    let actor = request.actor_with(MAY_MANAGE).await?;
    let mut fields = request.fields_named(&["displayId"], &[])?;
    Ok((actor, fields.filled("displayId")?))
}

fn look(fields: &mut Fields) -> Result<DisplayLook, ApiError> {
    let default = DisplayLook::default();
    let order = word(fields, "order", DisplayOrder::ALL, DisplayOrder::as_str)?;
    let theme = word(fields, "theme", DisplayTheme::ALL, DisplayTheme::as_str)?;
    let time_zone = fields.text("timeZone")?.filter(|name| !name.is_empty());
    if let Some(name) = &time_zone {
        time_zone::check(name)?;
    }
    Ok(DisplayLook {
        order: order.unwrap_or(default.order),
        theme: theme.unwrap_or(default.theme),
        time_zone,
        dim: dim(fields)?,
        keeps_awake: fields.flag("keepAwake")?.unwrap_or(default.keeps_awake),
        is_interactive: fields
            .flag("interactive")?
            .unwrap_or(default.is_interactive),
    })
}

/// Returns the value of a field that is one of `all`.
fn word<T: Copy, const N: usize>(
    fields: &mut Fields,
    name: &'static str,
    all: [T; N],
    word: fn(T) -> &'static str,
) -> Result<Option<T>, ApiError> {
    let Some(text) = fields.text(name)? else {
        return Ok(None);
    };
    let found = all.iter().copied().find(|one| word(*one) == text);
    let unknown = || ApiError::not_one_of(all.map(word)).at(name);
    found.ok_or_else(unknown).map(Some)
}

fn dim(fields: &mut Fields) -> Result<Option<Dim>, ApiError> {
    let times = fields.texts("dim")?.unwrap_or_default();
    match &*times {
        [] => Ok(None),
        [from, to] => Ok(Some(Dim::parse(from, to)?)),
        _ => Err(ApiError::invalid_params("must NOT have more or fewer than 2 items").at("dim")),
    }
}
