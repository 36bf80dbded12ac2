//! A call of a realtime method, as the method sees it.

use super::connection::{Caller, Connection};
use crate::api::Api;
use crate::api::error::ApiError;
use crate::app::App;
use crate::domain::{Actor, Requester};
use serde_json::Value;
use std::sync::Arc;

/// A call of a method.
pub(super) struct Call<'a> {
    pub(super) api: &'a Api,
    pub(super) caller: Caller<'a>,
    pub(super) method: &'static str,
    pub(super) params: Vec<Value>,
}

impl<'a> Call<'a> {
    pub(super) fn app(&self) -> &'a App {
        &self.api.app
    }

    /// Returns the user, if the caller is logged in.
    pub(super) fn caller(&self) -> Option<&'a Arc<Actor>> {
        self.caller.actor
    }

    /// Returns the live connection of the call.
    pub(super) fn connection(&self) -> Option<&'a Connection> {
        self.caller.connection
    }

    /// Returns the user, for a method that requires a login.
    pub(super) fn actor(&self) -> Result<&'a Arc<Actor>, ApiError> {
        self.caller().ok_or(ApiError::InvalidUser(self.method))
    }

    /// Like [`actor`](Self::actor), with the client's address.
    pub(super) fn requester(&self) -> Result<Requester, ApiError> {
        let actor = self.actor()?.clone();
        Ok(Requester::new(actor, self.caller.address))
    }

    /// Takes the parameter at this index; null if there is none.
    pub(super) fn param(&mut self, index: usize) -> Value {
        self.params
            .get_mut(index)
            .map(Value::take)
            .unwrap_or_default()
    }
}
