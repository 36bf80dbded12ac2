//! The methods of the realtime protocol (DDP), called over REST or a live connection. Like the REST
//! handlers, they read the parameters, call one use case, and wrap its result. Rules do not belong
//! here.

mod call;
mod connection;
mod custom_user_status;
mod limit;
mod method;
mod outcome;
mod password;
mod people;
mod presence;
mod profile;
pub(in crate::api) mod socket;
pub(in crate::api) mod sockjs_info;
mod startup;

pub(super) use connection::{Caller, Connection};
pub(super) use limit::MethodLimits;
pub(super) use method::{call, known};
pub(super) use outcome::{Outcome, result};
