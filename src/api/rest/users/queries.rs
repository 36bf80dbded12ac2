//! Finding and listing users.

use crate::api::error::ApiError;
use crate::api::http::list_query::{self, Matches};
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{ChosenPreferences, UserPage, UserReply, UserRow};
use crate::app::App;
use crate::domain::{Actor, Page, Permission, User, UserId, UserKey};
use crate::service::presence;
use crate::service::users::{queries, states, visibility};

/// `includeUserRooms` is accepted without effect: rooms do not exist here.
const INFO: [&str; 7] = [
    "userId",
    "username",
    "importId",
    "email",
    "freeSwitchExtension",
    "sipExtension",
    "includeUserRooms",
];

pub(in crate::api) async fn info(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse_before_9(request.query(), &INFO, &["fields"], request.compat())?;
    let key = match (
        query.filled("userId")?,
        query.filled("username")?,
        query.filled("email")?,
    ) {
        (Some(id), _, _) => Some(UserKey::Id(UserId::new(id))),
        (_, Some(name), _) => Some(UserKey::Username(name.to_owned())),
        (_, _, Some(email)) => Some(UserKey::Email(email.to_owned())),
        _ => None,
    };
    let app = request.count_call(Some(&actor))?;
    let Some(key) = key else {
        // No user is imported or has a telephone here.
        let unknown = query
            .filled("importId")?
            .or(query.filled("freeSwitchExtension")?)
            .or(query.filled("sipExtension")?);
        let text = unknown.map_or("Invalid search query.", |_| "User not found.");
        return Err(ApiError::Bare(text));
    };
    let view = queries::info(app, &actor, key).await?;
    let view = view.ok_or(ApiError::Bare("User not found."))?;
    let shown = presence::of(app, &actor.user.id, &view.user.id).await?;
    let rules = visibility::of(app, &actor, &view.user.id).await?;
    response::success(&UserReply {
        user: UserRow::for_viewer(&view.user, &shown, view.whole).with_rules(&rules),
    })
}

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor_with(Permission::ViewDRoom).await?;
    let query = list_query::users(request.query(), request.compat())?;
    let offset = query.offset;
    let app = request.count_call(Some(&actor))?;
    let found = queries::list(app, &actor, query).await?;
    page(app, &actor, found, offset).await
}

pub(in crate::api) async fn list_by_status(request: Request) -> Answer {
    let actor = request.actor_with(Permission::ViewDRoom).await?;
    let asked = list_query::users_by_status(request.query())?;
    let offset = asked.query.offset;
    let app = request.count_call(Some(&actor))?;
    if asked.matches == Matches::Nothing {
        let (items, total) = (Vec::new(), 0);
        return page(app, &actor, (Page { items, total }, false), offset).await;
    }
    let found = queries::search(app, &actor, asked.search, asked.query).await?;
    page(app, &actor, found, offset).await
}

/// `userId` is accepted without effect: clients send their own.
pub(in crate::api) async fn get_preferences(request: Request) -> Answer {
    let actor = request.actor().await?;
    Query::parse(request.query(), &["userId"])?;
    let app = request.count_call(Some(&actor))?;
    let rules = visibility::own(app, &actor.user.id).await?;
    response::success(&ChosenPreferences::of(&actor.user, &rules))
}

/// Renders a page of users, completely if `whole`.
async fn page(app: &App, actor: &Actor, (page, whole): (Page<User>, bool), offset: u64) -> Answer {
    let shown = presence::of_all(app, &actor.user.id, &page.items).await?;
    let states = states::of_all(app, actor, &page.items).await?;
    let row = if whole {
        UserRow::whole
    } else {
        UserRow::brief
    };
    response::success(&UserPage {
        count: page.items.len(),
        users: page
            .items
            .iter()
            .zip(&shown)
            .map(|(user, shown)| row(user, shown).with_state(states.get(&user.id)))
            .collect(),
        offset,
        total: page.total,
    })
}
