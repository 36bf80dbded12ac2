//! The web pages: who asks for one, in which language, and the headers of a page. `web` renders it.

use crate::api::error::ApiError;
use crate::api::http::request::Request;
use crate::api::http::response::{Answer, Response};
use crate::api::http::{html, language};
use crate::api::rest::board;
use crate::api::wire::date::Rfc3339;
use crate::api::wire::granted;
use crate::api::wire::preferences::Preferences;
use crate::app::BoardAudience;
use crate::domain::{Error, Requester, Setting};
use crate::web;
use crate::web::filler::Data;
use crate::web::page::{Frame, PageAccess, Visitor};
use crate::web::{Site, Template};
use bytes::Bytes;
use serde_json::json;
use warp::http::{HeaderValue, StatusCode, header};

/// The page with the login form.
const LOGIN: &str = "page-login";
/// Leads to the first page of the administration that the user may open.
const ADMIN: &str = "/admin";
/// The page whose permission a user lacks who may open none.
const ADMIN_START: &str = "/admin/people";
/// The page for users who lack a permission.
const FORBIDDEN: &str = "page-forbidden";
/// `GET` of a page. Without a session, a page for members is the login form, with 200: Rocket.Chat's
/// desktop app takes any other status of `/` for a wrong address.
pub(in crate::api) async fn show(request: Request) -> Answer {
    let site = request.api.sites.get().map_err(Error::internal)?;
    let page = match request.path() {
        ADMIN => site.page_at(ADMIN_START),
        path => site.page_at(path),
    };
    let page = page.ok_or(ApiError::UnknownRoute)?;
    let actor = match request.actor_in_any_state().await {
        Ok(_) if page.id == LOGIN => return Ok(onward(&site, &request)),
        Ok(actor) => Some(actor),
        Err(ApiError::Domain(Error::Unauthenticated)) => None,
        Err(other) => return Err(other),
    };
    let visitor = actor.as_ref().map(visitor);
    let name = site_name(&request).await?;
    let frame = Frame {
        language: language_of(&site, &request, actor.as_ref()),
        base: request.api.base_path.as_str(),
        title: &name,
        now: now(&request),
        board: match request.app().rules.board {
            BoardAudience::Private => "private",
            BoardAudience::Public => "public",
        },
        visitor: visitor.as_ref(),
    };
    if request.path() == ADMIN
        && let Some(start) = site.menu_start("admin", &frame)
    {
        return Ok(redirect(&start));
    }
    let lacking = page.lacking(visitor.as_ref());
    let (status, page, data) = if needs_login(page, &frame) {
        (StatusCode::OK, site.template(LOGIN), Data::new())
    } else if let Some(permission) = lacking {
        let data = Data::from_iter([("permission".to_owned(), permission.into())]);
        (StatusCode::FORBIDDEN, site.template(FORBIDDEN), data)
    } else {
        let data = data_of(&request, page, (&site, &frame), actor.as_ref()).await?;
        (StatusCode::OK, Some(page), data)
    };
    let page = page.ok_or(ApiError::UnknownRoute)?;
    Ok(respond(&request, status, site.render(page, &data, &frame)))
}

/// Leads a user who is logged in from the login form to the page in `next`, or to the board. Only to
/// pages of this site: a path with two slashes would be another host.
fn onward(site: &Site, request: &Request) -> Response {
    let query = form_urlencoded::parse(request.query().as_bytes());
    let next = query.into_iter().find(|(name, _)| name == "next");
    let next = next.map(|(_, path)| path).filter(|next| {
        let path = next.split(['?', '#']).next().unwrap_or_default();
        let is_text = next.bytes().all(|byte| byte.is_ascii_graphic());
        is_text && !next.contains('\\') && site.page_at(path).is_some_and(|page| page.id != LOGIN)
    });
    let base = request.api.base_path.as_str();
    redirect(&format!("{base}{}", next.as_deref().unwrap_or("/")))
}

fn redirect(target: &str) -> Response {
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(target) = HeaderValue::from_str(target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

/// Returns the content of a page before its script runs: the people of the board.
async fn data_of(
    request: &Request,
    page: &Template,
    (site, frame): (&Site, &Frame<'_>),
    actor: Option<&Requester>,
) -> Result<Data, ApiError> {
    let is_settled = actor.is_none_or(|actor| actor.require_password_settled().is_ok());
    if page.access() != PageAccess::Board || !is_settled {
        return Ok(Data::new());
    }
    let viewer = actor.map(|actor| actor.user.id.clone());
    let people = board::people_of_page(request, viewer).await?;
    let around = (frame.language, frame.base, frame.now.as_str());
    Ok(web::board::data(site, around, &people))
}

fn needs_login(page: &Template, frame: &Frame<'_>) -> bool {
    frame.visitor.is_none()
        && match page.access() {
            PageAccess::Anyone => false,
            PageAccess::Member => true,
            PageAccess::Board => frame.board != "public",
        }
}

fn visitor(actor: &Requester) -> Visitor {
    Visitor {
        user_id: actor.user.id.as_str().to_owned(),
        username: actor.user.username.as_str().to_owned(),
        name: actor.user.name.clone(),
        permissions: granted(actor),
        must_change_password: actor.require_password_settled().is_err(),
    }
}

async fn site_name(request: &Request) -> Result<String, ApiError> {
    let settings = request.app().settings().await?;
    Ok(settings.get(Setting::SiteName).to_text())
}

fn now(request: &Request) -> String {
    let now = Rfc3339::from(request.app().clock.now());
    json!(now).as_str().unwrap_or_default().to_owned()
}

/// Returns the language of the user's preferences, of the cookie `lang`, or of the browser.
fn language_of<'a>(site: &'a Site, request: &Request, actor: Option<&Requester>) -> &'a str {
    let preferences = actor.and_then(|actor| actor.user.profile.preferences.as_deref());
    let preferred = Preferences::kept(preferences).into_chosen();
    let preferred = preferred.get("language").and_then(|value| value.as_str());
    let wanted = preferred
        .into_iter()
        .chain(language::wanted(request.headers()));
    site.languages.choose(wanted)
}

fn respond(request: &Request, status: StatusCode, page: String) -> Response {
    let (asked, policy) = (request.headers(), &request.api.page_policy);
    html::page((status, page), asked, policy, &request.site_url())
}
