//! The control routes of dev mode, and the effects of its faults and its request list on other
//! routes. The JSON is ours, not Rocket.Chat's, so it is here and not in `wire`. Without dev mode,
//! a path below `/dev/` is unknown.

mod clock;
mod controls;
mod faults;
mod guard;
mod new_fault;
mod requests;

pub(super) use guard::{before, is_rebound, refuse_host};
pub(super) use requests::Watched;

use super::Route;
use super::http::request::Request;
use super::http::response::{self, Answer};
use controls::{dev, read};

/// The additional routes of dev mode.
pub static ROUTES: &[Route] = routes! {
    anonymous POST "/dev/reset"    => reset,
    anonymous GET  "/dev/clock"    => clock::read_clock,
    anonymous POST "/dev/clock"    => clock::set,
    anonymous GET  "/dev/faults"   => faults::list,
    anonymous POST "/dev/faults"   => faults::add,
    anonymous GET  "/dev/requests" => requests::list,
};

async fn reset(request: Request) -> Answer {
    let Nothing {} = read(&request)?;
    dev(&request)?.reset(request.app()).await?;
    request.api.quotas.forget();
    response::done()
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}
