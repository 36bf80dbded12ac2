//! `session`, `session.start` and `session.end`: the session of the web pages, in a cookie. These
//! routes are ours; Rocket.Chat's clients use `login`. No response holds the token, so that no
//! script can read it.

use crate::api::error::{ApiError, ErrorContext};
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer, Response};
use crate::api::http::session_cookie;
use crate::api::wire::{BrowserSession, credentials};
use crate::domain::Error;
use crate::service::authentication::Credentials;
use crate::service::session::{self, LoggedIn, LoginWith};
use warp::http::{HeaderValue, header};

/// `GET session`: 200 with `userId: null` without a session, so that a first visit causes no error.
pub(in crate::api) async fn show(request: Request) -> Answer {
    let actor = match request.actor_in_any_state().await {
        Ok(actor) => Some(actor),
        Err(ApiError::Domain(Error::Unauthenticated)) => None,
        Err(other) => return Err(other),
    };
    request.count_call(actor.as_deref())?;
    response::success(&BrowserSession::of(actor.as_deref()))
}

/// `POST session.start`: logs in by password and sets the cookie. Only for our own pages: a foreign
/// page could log the browser in as a user of its choice.
pub(in crate::api) async fn start(request: Request) -> Answer {
    request.require_own_page()?;
    let fields = request.fields_named(&["user", "password"], &[])?;
    let with = credentials::of_body(fields)
        .filter(|with| matches!(with, LoginWith::Password { .. }))
        .ok_or(Error::LoginRefused)?;
    let app = request.count_call(None)?;
    let entered = session::login(app, with, request.address(), request.user_agent())
        .await
        .map_err(|e| ErrorContext::Login(app.clock.now()).failed(e))?;
    request.record_actor(&entered.actor);
    begin(&request, &entered).await
}

/// Returns the response that starts a session: its user, and the cookie.
pub(in crate::api) async fn begin(request: &Request, entered: &LoggedIn) -> Answer {
    let actor = &entered.actor;
    let credentials = Credentials {
        user: actor.user.id.as_str(),
        token: &entered.token,
    };
    let span = (request.app().clock.now(), actor.login.expires_at);
    let (name, site) = (request.cookie_name().await?, request.site_url());
    let cookie = session_cookie::set(&name, credentials, span, &site);
    let response = response::success(&BrowserSession::of(Some(actor)))?;
    Ok(with_cookie(response, cookie))
}

/// `POST session.end`: ends the login and deletes the cookie, also if the login has ended already.
pub(in crate::api) async fn end(request: Request) -> Answer {
    request.require_own_page()?;
    match request.actor_in_any_state().await {
        Ok(actor) => session::logout(request.count_call(Some(&actor))?, &actor).await?,
        Err(ApiError::Domain(Error::Unauthenticated)) => drop(request.count_call(None)?),
        Err(other) => return Err(other),
    }
    let name = request.cookie_name().await?;
    let cookie = session_cookie::delete(&name, &request.site_url());
    Ok(with_cookie(response::done()?, cookie))
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
