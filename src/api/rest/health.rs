//! `/livez` and `/readyz`, for load balancers and orchestrators. Source: Rocket.Chat
//! `apps/meteor/server/routes/health.ts`. Its checks of Node.js do not apply here, and `/livez`
//! does not check the database: a restart repairs no disk.

use crate::api::http::readiness::Health;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use serde::Serialize;
use warp::http::StatusCode;

#[derive(Serialize)]
struct Check {
    status: &'static str,
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    checks: Checks,
}

#[derive(Serialize)]
struct Checks {
    database: Check,
}

/// `GET /livez`: the process answers requests.
pub(in crate::api) async fn live(_: Request) -> Answer {
    response::ok(&Check { status: "ok" })
}

/// `GET /readyz`: 503 when the database cannot be read or refuses every write.
pub(in crate::api) async fn ready(request: Request) -> Answer {
    let health = request.api.readiness.check(request.app()).await;
    let (code, status, database) = match health {
        Health::Ok => (StatusCode::OK, "ok", "ok"),
        Health::Degraded => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "degraded"),
    };
    let checks = Checks {
        database: Check { status: database },
    };
    response::with_status(code, &Ready { status, checks })
}
