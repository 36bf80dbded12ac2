//! The methods of the realtime protocol (DDP), whichever way a call comes in. Like the handlers of REST they decide nothing: they read the
//! parameters, call one use case, and wrap its result. Knows nothing of sockets.

mod connection;
mod custom_user_status;
mod limit;
mod method;
mod password;
mod presence;
pub(in crate::api) mod socket;

pub(super) use connection::Connection;
pub(super) use limit::MethodLimits;
pub(super) use method::{Caller, Outcome, call, known, result};
