//! `board`: every active user with the status that they set, as JSON or as a stream of server-sent
//! events. The stream begins with the whole board, so that a client that reconnects needs no other
//! request. This route is ours.

mod audience;
mod public_board;
mod rows;
mod stream;

use crate::api::error::ApiError;
use crate::api::http::headers::wants_stream;
use crate::api::http::query::Query;
use crate::api::http::request::{Request, X_AUTH_TOKEN};
use crate::api::http::response::{self, Answer};
use crate::api::wire::date::Rfc3339;
use crate::app::BoardAudience;
use crate::domain::{self, BoardPerson, Error, Timestamp, UserId};
use crate::service::board::{Board, Scope};
use crate::service::live_display::LiveDisplay;
use crate::service::live_login::LiveLogin;
use crate::web::board::Person;
use audience::Audience;
pub(in crate::api) use public_board::PublicBoard;
use serde_json::json;
use stream::Stream;

pub(in crate::api) async fn read(request: Request) -> Answer {
    let audience = audience(&request).await?;
    Query::parse(request.query(), &[])?;
    if wants_stream(request.headers()) {
        let stream = Stream::new(request.api.clone(), audience, request.address())?;
        return Ok(stream.open());
    }
    let body = rows::document(&request.api, audience).await?;
    Ok(response::ready(body))
}

/// Returns who reads: a display with its key, a user who is logged in, or a stranger if the board is public. Someone with an
/// ended login is refused on a public board, too, because they would see less without notice.
async fn audience(request: &Request) -> Result<Audience, ApiError> {
    if let Some(key) = request.display_key() {
        let display = LiveDisplay::open(request.count_call(None)?, key).await?;
        return Ok(Audience::Display(Box::new(display)));
    }
    match request.actor().await {
        Ok(actor) => {
            request.count_call(Some(&actor))?;
            let login = LiveLogin::new(actor.actor().clone(), request.token().to_owned());
            Ok(Audience::Member(Box::new(login)))
        }
        Err(ApiError::Domain(Error::Unauthenticated)) if is_open(request) => {
            request.count_call(None)?;
            Ok(Audience::Public)
        }
        Err(refused) => Err(refused),
    }
}

fn is_open(request: &Request) -> bool {
    request.app().rules.board == BoardAudience::Public
        && !request.headers().contains_key(X_AUTH_TOKEN)
}

/// Returns the people of the board for its page, which is rendered before its script runs.
pub(in crate::api) async fn people_of_page(
    request: &Request,
    viewer: Option<UserId>,
) -> domain::Result<Vec<Person>> {
    let (app, public) = (request.app(), viewer.is_none());
    let scope = if public {
        Scope::Public
    } else {
        Scope::Everyone
    };
    let board = Board::read(app, scope, viewer).await?;
    let people = board.people(app, 0, board.len());
    let person = |person: BoardPerson| {
        if public {
            return Person {
                id: request.api.public_board.id(&person.id),
                username: None,
                since: None,
                picture: None,
                ..page_person(person)
            };
        }
        page_person(person)
    };
    Ok(people.map(person).collect())
}

fn page_person(person: BoardPerson) -> Person {
    let text = |at: Option<Timestamp>| {
        let at = json!(at.map(Rfc3339::from));
        at.as_str().map(str::to_owned)
    };
    Person {
        id: person.id.as_str().to_owned(),
        username: Some(person.username.as_str().to_owned()),
        name: person.name,
        status: person.shown.status.as_str(),
        text: person.shown.text,
        ends: text(person.shown.expires_at),
        since: text(person.shown.since),
        picture: person.avatar,
    }
}
