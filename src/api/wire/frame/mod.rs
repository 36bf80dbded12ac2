//! The frames of the realtime protocol (DDP), incoming and outgoing. Source: Meteor
//! `packages/ddp-server/livedata_server.js` and DDP.md; compatibility 9.1. Methods and streams do
//! not belong here.

mod incoming;
mod outgoing;

pub(in crate::api) use incoming::{Frame, Offence, read};
pub(in crate::api) use outgoing::{Document, DocumentChange, Reply, text_of};
