//! The methods of the realtime protocol (DDP), whichever way a call comes in. Like the handlers of REST they decide nothing: they read the
//! parameters, call one use case, and wrap its result. Knows nothing of connections.

mod custom_user_status;
mod limit;
mod method;
mod presence;

pub(super) use limit::MethodLimits;
pub(super) use method::{Outcome, call};
