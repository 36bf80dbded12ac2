//! `server.status` and `server.configuration`: the state of the server and its configuration. These
//! routes are ours; Rocket.Chat's `statistics` count rooms and messages.

use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{ConfigurationReply, ServerStatusReply};
use crate::domain::Permission;
use crate::service::server;

pub(in crate::api) async fn status(request: Request) -> Answer {
    let actor = request.actor_with(Permission::ViewStatistics).await?;
    Query::parse(request.query(), &[])?;
    let app = request.count_call(Some(&actor))?;
    let status = server::status(app, &actor).await?;
    response::success(&ServerStatusReply::new(&status, &request.api))
}

pub(in crate::api) async fn configuration(request: Request) -> Answer {
    let actor = request
        .actor_with(Permission::ViewPrivilegedSetting)
        .await?;
    Query::parse(request.query(), &[])?;
    request.count_call(Some(&actor))?;
    response::success(&ConfigurationReply::from(&*request.api.configuration))
}
