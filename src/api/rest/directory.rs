//! The search for people: `spotlight`, `users.autocomplete` and `directory`. Source: Rocket.Chat
//! `apps/meteor/app/api/server/v1/misc.ts` and `users.ts`. There are no rooms to find.

use crate::api::error::ApiError;
use crate::api::http::directory_query::{self, DirectoryKind, UNCLEAR};
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{
    AutocompleteReply, DirectoryPage, Selector, SpotlightKinds, SpotlightReply,
};
use crate::domain::Page;
use crate::service::presence;
use crate::service::users::directory;

/// `GET spotlight`. `usernames`, separated by commas, are left out.
pub(in crate::api) async fn spotlight(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &["query", "usernames", "type", "rid"])?;
    let text = required(&query, "query")?;
    let except = query.filled("usernames")?.unwrap_or_default().split(',');
    let except: Vec<_> = except.map(str::to_owned).collect();
    let kinds = SpotlightKinds::read(query.filled("type")?)?.within(query.filled("rid")?);
    let app = request.count_call(Some(&actor))?;
    let users = match kinds {
        SpotlightKinds::Users => directory::spotlight(app, &actor, text, &except).await?,
        SpotlightKinds::Rooms => Vec::new(),
    };
    let shown = presence::of_all(app, &actor.user.id, &users).await?;
    response::success(&SpotlightReply::new(&users, &shown))
}

/// `GET users.autocomplete`.
pub(in crate::api) async fn autocomplete(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &["selector"])?;
    let selector = Selector::read(required(&query, "selector")?)?;
    let statuses = selector.statuses();
    let app = request.count_call(Some(&actor))?;
    let wanted = (selector.term.as_str(), statuses.as_deref());
    let found = directory::autocomplete(app, &actor, wanted, &selector.exceptions).await?;
    let (users, shown): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    response::success(&AutocompleteReply::new(&users, &shown))
}

/// `GET directory`.
pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor().await?;
    let asked = directory_query::read(request.query(), request.compat())?;
    let offset = asked.query.offset;
    let app = request.count_call(Some(&actor))?;
    let found = match asked.kind {
        DirectoryKind::Users => directory::search(app, &actor, &asked.text, asked.query).await?,
        DirectoryKind::Rooms => {
            let (items, total) = (Vec::new(), 0);
            Some((Page { items, total }, false))
        }
    };
    let (page, whole) = found.ok_or(UNCLEAR)?;
    let render = if whole {
        DirectoryPage::whole
    } else {
        DirectoryPage::brief
    };
    response::success(&render(&page, offset))
}

fn required<'a>(query: &'a Query, name: &str) -> Result<&'a str, ApiError> {
    let missing =
        || ApiError::invalid_query(format!("must have required property '{name}'")).at(name);
    query.text(name)?.ok_or_else(missing)
}
