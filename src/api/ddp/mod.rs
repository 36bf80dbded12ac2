//! The methods of the realtime protocol (DDP), called over REST or a live connection. Like the REST
//! handlers, they read the parameters, call one use case, and wrap its result. Rules do not belong
//! here.

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
