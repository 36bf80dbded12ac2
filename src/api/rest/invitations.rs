//! `invitations.*`: links with which people choose their own password. These routes are ours;
//! Rocket.Chat sends mails.

use super::browser_session;
use crate::api::error::ApiError;
use crate::api::http::fields::Fields;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{InvitationList, InvitationReply, LinkReply};
use crate::app::App;
use crate::domain::{Caller, Error, InvitationId, InvitationKind, Result, UserId, UserKey};
use crate::service::invitations::{self, Acceptor, Invitee, IssuedLink, MAY_INVITE};

/// The link that a request asks for.
enum Draft {
    /// For a new user.
    New(Invitee),
    /// For the user with this id.
    Existing(UserKey, InvitationKind),
}

pub(in crate::api) async fn create(request: Request) -> Answer {
    let actor = request.actor().await?;
    let optional = ["username", "name", "email", "roles", "userId", "kind"];
    let draft = draft(request.fields_named(&[], &optional)?)?;
    let app = request.count_call(Some(&actor))?;
    let link = issue(app, (&actor).into(), draft).await.map_err(refused)?;
    response::success(&LinkReply::new(&link, &request.site_url()))
}

fn draft(mut fields: Fields) -> std::result::Result<Draft, ApiError> {
    let id = fields.text("userId")?.filter(|id| !id.is_empty());
    let kind = fields.text("kind")?.map(|word| kind(&word)).transpose()?;
    let Some(id) = id else {
        if kind == Some(InvitationKind::Reset) {
            return Err(ApiError::missing_property("userId"));
        }
        return Ok(Draft::New(Invitee {
            username: fields.text("username")?.unwrap_or_default(),
            name: fields.text("name")?.unwrap_or_default(),
            email: fields.text("email")?.unwrap_or_default(),
            roles: fields.texts("roles")?.unwrap_or_default(),
        }));
    };
    let kind = kind.unwrap_or(InvitationKind::Reset);
    Ok(Draft::Existing(UserKey::Id(UserId::new(id)), kind))
}

fn kind(word: &str) -> std::result::Result<InvitationKind, ApiError> {
    let words = InvitationKind::ALL.iter().map(|kind| kind.as_str());
    InvitationKind::named(word).ok_or_else(|| ApiError::not_one_of(words).at("kind"))
}

async fn issue(app: &App, caller: Caller<'_>, draft: Draft) -> Result<IssuedLink> {
    match draft {
        Draft::New(invitee) => invitations::invite(app, caller, invitee).await,
        Draft::Existing(key, InvitationKind::Invitation) => {
            invitations::invite_again(app, caller, key).await
        }
        Draft::Existing(key, InvitationKind::Reset) => invitations::reset(app, caller, key).await,
    }
}

/// Which permission a request needs depends on its body.
fn refused(error: Error) -> ApiError {
    match error {
        Error::Forbidden { .. } => ApiError::RouteForbidden,
        other => other.into(),
    }
}

/// The token comes in the body, not in the address: no log and no `Referer` shows it.
pub(in crate::api) async fn look(request: Request) -> Answer {
    let mut fields = request.fields_named(&["token"], &[])?;
    let token = fields.filled("token")?;
    let found = invitations::look(request.count_call(None)?, &token).await?;
    response::success(&InvitationReply::from(&found))
}

/// Only for our own pages, like every route that sets the cookie.
pub(in crate::api) async fn accept(request: Request) -> Answer {
    request.require_own_page()?;
    let mut fields = request.fields_named(&["token", "password"], &[])?;
    let token = fields.filled("token")?;
    let password = fields.text("password")?.unwrap_or_default();
    let acceptor = Acceptor {
        address: request.address(),
        client: request.user_agent(),
    };
    let app = request.count_call(None)?;
    let opened = invitations::accept(app, &token, &password, acceptor).await;
    let opened = opened.map_err(not_accepted)?;
    request.record_actor(&opened.actor);
    browser_session::begin(&request, &opened).await
}

/// A deactivated user is refused like a link that does not work, not like a wrong password.
fn not_accepted(error: Error) -> ApiError {
    match error {
        Error::Deactivated => ApiError::Thrown {
            code: "error-user-is-not-activated",
            reason: "User is not activated",
        },
        other => other.into(),
    }
}

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor_with(MAY_INVITE).await?;
    Query::parse(request.query(), &[])?;
    let app = request.count_call(Some(&actor))?;
    let found = invitations::list(app, (&actor).into()).await?;
    response::success(&InvitationList::from(&*found))
}

pub(in crate::api) async fn revoke(request: Request) -> Answer {
    let actor = request.actor_with(MAY_INVITE).await?;
    let mut fields = request.fields_named(&["invitationId"], &[])?;
    let id = InvitationId::new(fields.filled("invitationId")?);
    let app = request.count_call(Some(&actor))?;
    invitations::revoke(app, (&actor).into(), id).await?;
    response::done()
}
