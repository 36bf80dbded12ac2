//! The state of a live connection: the handshake, the login, and the subscriptions. It decides the
//! responses to frames; `drive` decides when they are sent and when the connection ends. Source:
//! Meteor `livedata_server.js`; compatibility 9.1 and 9.2.

mod attached_login;
mod log_in;

pub(super) use log_in::Loss;

use super::call::{Call, Called, Caller, Done, Subscription};
use super::streams::{self, Streams};
use crate::api::Api;
use crate::api::ddp::Connection;
use crate::api::wire::frame::{self, DocumentChange, Frame, Offence, Reply, text_of};
use crate::api::wire::stream_frames;
use crate::app::App;
use crate::domain::UserId;
use crate::realtime::hub::{Listener, Message, News, Topic};
use crate::service::users;
use crate::transport::FrameMeter;
use attached_login::Login;
use bytes::Bytes;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// A live connection.
pub(in crate::api::ddp::socket) struct Session {
    api: Arc<Api>,
    address: IpAddr,
    /// The client's `User-Agent`.
    client: Option<Arc<str>>,
    /// `false` before the handshake.
    is_connected: bool,
    listener: Listener,
    connection: Arc<Connection>,
    login: Option<Login>,
    streams: Streams,
    meter: FrameMeter,
}

/// The name of the call that looks up the users of a subscription. No method has this name.
const SUBSCRIPTION: &str = "sub ";

/// What a received frame leads to.
pub(in crate::api::ddp::socket) enum Step {
    /// Frames to send.
    Send(Vec<String>),
    /// A last frame to send; then the connection ends.
    Refuse(String),
    /// A call that takes time. [`Session::called`] handles its outcome. No frame is read until
    /// then.
    Call(Call),
}

impl Session {
    /// Creates a connection from `address`.
    pub(in crate::api::ddp::socket) fn new(
        api: Arc<Api>,
        address: IpAddr,
        client: Option<Arc<str>>,
        meter: FrameMeter,
    ) -> Self {
        Self {
            listener: api.app.live.listen(),
            streams: Streams::new(api.watching.clone()),
            api,
            address,
            client,
            is_connected: false,
            connection: Arc::default(),
            login: None,
            meter,
        }
    }

    /// Returns the handles of use cases.
    pub(in crate::api::ddp::socket) fn app(&self) -> Arc<App> {
        self.api.app.clone()
    }

    /// Returns the logged-in user.
    pub(in crate::api::ddp::socket) fn user(&self) -> Option<&UserId> {
        self.login.as_ref().map(|login| &login.user)
    }

    /// Returns the connection's listener.
    pub(in crate::api::ddp::socket) fn listener(&self) -> &Listener {
        &self.listener
    }

    /// Returns the frame that checks whether the client is alive; `None` before the handshake.
    pub(in crate::api::ddp::socket) fn ping(&self) -> Option<String> {
        self.is_connected.then(|| text_of(&Reply::Ping))
    }

    /// Renews the lease of the user, because the client sent something.
    pub(in crate::api::ddp::socket) fn renew_lease(&self) {
        self.connection.renew();
    }

    /// Handles a text from the client.
    pub(in crate::api::ddp::socket) fn receive(&mut self, text: &str) -> Step {
        match self.read(text) {
            Ok(step) => step,
            Err(offence) => Step::Send(vec![text_of(&Reply::Error {
                reason: offence.reason,
                offending_message: offence.message,
            })]),
        }
    }

    fn read(&mut self, text: &str) -> Result<Step, Offence> {
        let fields = frame::read(text)?;
        match (fields["msg"] == "connect", self.is_connected) {
            (true, true) => return Err(Offence::new("Already connected", fields)),
            (false, false) => return Err(Offence::new("Must connect first", fields)),
            _ => {}
        }
        Ok(match Frame::of(fields)? {
            Frame::Connect { version } => self.connect(version),
            Frame::Ping { id } => Step::Send(vec![text_of(&Reply::Pong { id })]),
            Frame::Pong => Step::Send(Vec::new()),
            Frame::Method { id, method, params } => self.call(id, method, params),
            Frame::Subscribe { id, name, params } => self.subscribe((id, name, params)),
            Frame::Unsubscribe { id } => {
                let frame = self.streams.unsubscribe(&mut self.listener, &id);
                Step::Send(vec![frame])
            }
        })
    }

    fn connect(&mut self, version: Result<(), &'static str>) -> Step {
        if let Err(version) = version {
            return Step::Refuse(text_of(&Reply::Failed { version }));
        }
        match self.api.app.ids.connection() {
            Ok(session) => {
                self.is_connected = true;
                Step::Send(vec![text_of(&Reply::Connected { session: &session })])
            }
            // A session id needs random bytes.
            Err(_) => Step::Refuse(text_of(&Reply::Failed { version: "1" })),
        }
    }

    /// Starts a subscription, after looking up which of the users that it names exist if that is
    /// unknown.
    fn subscribe(&mut self, (id, name, params): Subscription) -> Step {
        let login = self.login.as_ref().filter(|login| !login.is_restricted());
        let user = login.map(|login| &login.user);
        let ids = self.streams.unknown_ids(user, &name, &params);
        if ids.is_empty() {
            return Step::Send(self.begin((id, name, params), &[]));
        }
        let (app, call, began) = (self.api.app.clone(), id.clone(), Instant::now());
        Step::Call(Box::pin(async move {
            let existing = users::existing(&app, ids).await;
            let watch = existing.map(|existing| Done::Named((id, name, params), existing));
            Called {
                began,
                id: call,
                method: SUBSCRIPTION.to_owned(),
                outcome: watch.map_err(Into::into),
            }
        }))
    }

    fn begin(&mut self, (id, name, params): Subscription, existing: &[UserId]) -> Vec<String> {
        let login = self.login.as_ref().filter(|login| !login.is_restricted());
        let user = login.map(|login| &login.user);
        let subscription = (id, name, &params[..]);
        self.streams
            .subscribe(&mut self.listener, user, subscription, existing)
    }

    fn call(&self, id: String, method: String, params: Vec<Value>) -> Step {
        let caller = Caller {
            api: self.api.clone(),
            connection: self.connection.clone(),
            token: self.login.as_ref().map(|login| login.token.clone()),
            address: self.address,
            client: self.client.clone(),
        };
        Step::Call(caller.call(id, method, params))
    }

    /// Handles the outcome of a call, and returns the frames to send.
    pub(in crate::api::ddp::socket) async fn called(&mut self, mut called: Called) -> Vec<String> {
        let before = self.login.as_ref().map(|login| login.user.clone());
        let outcome = std::mem::replace(&mut called.outcome, Ok(Done::Left));
        let (mut frames, outcome) = match outcome {
            Ok(Done::Named(subscription, existing)) => {
                return self.begin(subscription, &existing);
            }
            Err(failed) if called.method == SUBSCRIPTION => {
                return vec![streams::refusal(&called.id, failed)];
            }
            Ok(Done::Result(outcome)) => (Vec::new(), outcome),
            Ok(Done::Entered(entered, way)) => self.enter(entered, way).await,
            Ok(Done::Left) => (self.leave(), Ok(None)),
            Err(refused) => (Vec::new(), Err(refused)),
        };
        let (result, error) = match outcome {
            Ok(result) => (result, None),
            Err(refused) => (None, Some(refused.into_method_error(&called.method))),
        };
        let user = self.user();
        called.log(error.as_ref(), user.or(before.as_ref()), self.address);
        let id = &called.id;
        frames.push(text_of(&Reply::Result { id, error, result }));
        frames.push(text_of(&Reply::Updated { methods: [id] }));
        frames
    }

    /// Returns the meter that counts large frames until they are sent.
    pub(in crate::api::ddp::socket) fn meter(&self) -> &FrameMeter {
        &self.meter
    }

    /// Renders the frames of `message` for this connection.
    pub(in crate::api::ddp::socket) fn frames_of(&self, message: &Message) -> Vec<Bytes> {
        if let Some(login) = &self.login {
            if let News::OwnRecord(user) = message.news() {
                login.follow(user);
            }
            let for_anybody = matches!(message.topic(), Topic::OwnUser(_) | Topic::Settings);
            if login.is_restricted() && !for_anybody {
                return Vec::new();
            }
        }
        let encoded = |encode: fn(&News) -> Option<String>| {
            message.encoded(|news| encode(news).unwrap_or_default().into())
        };
        match (message.topic(), message.news()) {
            (Topic::StatusOf(_), _) => vec![encoded(|news| match news {
                News::Shown(shown) | News::Hidden(shown) => {
                    Some(stream_frames::presence_frame(shown))
                }
                _ => None,
            })],
            (Topic::OwnUser(_), news) => {
                let own = self.streams.sends_own_data();
                let own = own.then(|| encoded(stream_frames::own_data_frame));
                let record = match news {
                    News::OwnRecord(user) => {
                        Some(stream_frames::published(DocumentChange::Changed, user).into())
                    }
                    _ => None,
                };
                record.into_iter().chain(own).collect()
            }
            _ => vec![encoded(stream_frames::frame)],
        }
    }
}
