//! The frames of the realtime protocol (DDP), as they come in and as they go out. Source: Meteor `packages/ddp-server/livedata_server.js`
//! and DDP.md; compatibility 9.1. Knows no method and no stream.

mod incoming;
mod outgoing;

pub(in crate::api) use incoming::{Frame, Offence, read};
pub(in crate::api) use outgoing::{Document, DocumentChange, Reply, text_of};
