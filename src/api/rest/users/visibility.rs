//! `users.listStatusVisibility`: the users under a rule of an administrator.

use crate::api::http::list_query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::VisibilityPage;
use crate::domain::Permission;
use crate::service::presence;
use crate::service::users::visibility;

pub(in crate::api) async fn list_status_visibility(request: Request) -> Answer {
    let actor = request.actor_with(Permission::EditOtherUserInfo).await?;
    let (query, search) = list_query::users_under_rules(request.query())?;
    let offset = query.offset;
    let app = request.count_call(Some(&actor))?;
    let page = visibility::list(app, &actor, search, query).await?;
    let users: Vec<_> = page.items.iter().map(|(user, _)| user.clone()).collect();
    let shown = presence::of_all(app, &actor.user.id, &users).await?;
    response::success(&VisibilityPage::new(&page, &shown, offset))
}
