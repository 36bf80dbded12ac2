//! `presence.getConnections` and `presence.enableBroadcast`: the number of connections, and whether
//! changes of presence are broadcast. Here the broadcast has no maximum. Source: Rocket.Chat
//! `apps/meteor/server/api/v1/presence.ts`; compatibility 5.5.

use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire;
use crate::domain::Permission;
use crate::service::settings;

pub(in crate::api) async fn connections(request: Request) -> Answer {
    let actor = request.actor_with(Permission::ManageUserStatus).await?;
    request.count_call(Some(&actor))?;
    response::success(&wire::Connections {
        current: request.app().connections.count(),
        max: request.api.max_connections,
    })
}

pub(in crate::api) async fn enable(request: Request) -> Answer {
    let actor = request.actor_with(Permission::ManageUserStatus).await?;
    settings::enable_broadcast(request.count_call(Some(&actor))?, &actor).await?;
    response::done()
}
