//! Everything between a socket and HTTP: connection limits, memory limits for clients without a
//! login, waiting for a complete request head, and checks before routing. Does not depend on routes
//! or users.

mod budget;
mod extensions;
pub(crate) mod files;
mod frames;
mod head;
pub(crate) mod host;
mod http_refusal;
pub(crate) mod idle;
pub mod limits;
pub mod listen;
mod refusal;
mod response_body;
mod security_headers;
mod slots;
mod throttle;
pub(crate) mod write_timeout;

pub use budget::{ByteBudget, Reserved};
pub use extensions::{Counted, Dropped, Peer};
pub(crate) use frames::FrameMeter;
pub(crate) use head::{HEAD_BYTES, Head, wait_for_head};
pub(crate) use refusal::Refusal;
pub use security_headers::SecurityHeaders;
pub use slots::{Client, Slots};
pub(crate) use slots::{LARGE_ANSWER, Slot};
pub(crate) use throttle::Throttle;
