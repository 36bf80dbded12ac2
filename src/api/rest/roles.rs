//! `roles.*`. Source: Rocket.Chat `apps/meteor/server/api/v1/roles.ts`; reference 4.3.

use crate::api::reply::{self, Answer};
use crate::api::request::Request;
use crate::api::wire::{RoleList, RoleRow};
use crate::service::permissions;

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor().await?;
    let roles = permissions::list_roles(request.admit(Some(&actor))?, &actor).await?;
    reply::ok(&RoleList {
        roles: roles.iter().map(RoleRow::from).collect(),
        success: true,
    })
}
