//! A reader of events. It has no queue that could overrun: it reads stored events at its own pace,
//! and listens only to learn when there are more. Source of the stream: the HTML standard,
//! "Server-sent events".

use super::outgoing::{Form, Outgoing};
use crate::api::Api;
use crate::api::http::response::{self, Answer, Response};
use crate::api::wire::{EventPage, EventRow};
use crate::domain::{Error, Event, EventId, Result, UserId};
use crate::realtime::hub::{Interrupt, Listener, Message, News, Topic};
use crate::service::events::{self, Read};
use crate::service::live_login::LiveLogin;
use crate::service::live_visibility::LiveVisibility;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use warp::Reply;
use warp::http::{HeaderName, HeaderValue};
use warp::sse;

/// Keeps nginx from buffering the stream.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How long to wait before a failed read is retried.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Interval after which an idle stream sends a comment, so that proxies do not consider it dead.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// A reader of events.
pub(super) struct Reader {
    api: Arc<Api>,
    login: LiveLogin,
    visibility: LiveVisibility,
    listener: Listener,
    /// Whether the request gave a position.
    has_position: bool,
    /// The last event (inclusive) that was sent.
    position: EventId,
    /// Whether there may be events to read that no message will announce, or the login must be
    /// checked.
    is_behind: bool,
    /// Whether messages that are not stored were lost, such as `presence.shown`.
    is_incomplete: bool,
}

impl Reader {
    /// Creates a reader that starts at `since`, or at the newest event. It subscribes before it
    /// reads, so that nothing is missed in between.
    pub(super) fn new(api: Arc<Api>, login: LiveLogin, since: Option<EventId>) -> Self {
        let mut listener = api.app.live.listen();
        let viewer = &login.actor().user.id;
        listener.set_viewer(Some(viewer.clone()));
        listener.subscribe(Topic::Events);
        listener.subscribe(Topic::OwnUser(viewer.clone()));
        let newest = events::newest(&api.app);
        Self {
            has_position: since.is_some(),
            position: since.unwrap_or(newest),
            // Also without a position: the login may have ended before the listener subscribed.
            is_behind: true,
            is_incomplete: false,
            visibility: LiveVisibility::new(Some(viewer.clone())),
            api,
            login,
            listener,
        }
    }

    /// Returns the events after the position as soon as there are any, or none after `wait`.
    /// Without a position, returns the current one at once.
    pub(super) async fn page(mut self, wait: Duration) -> Answer {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            match events::read(&self.api.app, &mut self.login, self.position).await? {
                Read::Reload(position) => return page(&[], position, true),
                Read::Events(events, position) if !events.is_empty() || !self.has_position => {
                    return page(&events, position, false);
                }
                Read::Events(_, position) if position > self.position => self.position = position,
                Read::Events(..) => {
                    let stop = self.api.realtime.stop.cancelled();
                    let is_over = tokio::select! {
                        _ = self.listener.next() => false,
                        _ = self.listener.interrupt() => {
                            self.login.doubt();
                            false
                        }
                        () = tokio::time::sleep_until(deadline) => true,
                        () = stop => true,
                    };
                    if is_over {
                        return page(&[], self.position, false);
                    }
                }
            }
        }
    }

    /// Returns a stream that a separate task fills as fast as it is read.
    pub(super) fn stream(self) -> Response {
        let (sender, mut receiver) = mpsc::channel(1);
        let realtime = &self.api.clone().realtime;
        realtime.spawn(self.fill(sender));
        let stream = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
        let stream = futures_util::StreamExt::map(stream, Ok::<_, Infallible>);
        let mut response = sse::reply(stream).into_response();
        let unbuffered = HeaderValue::from_static("no");
        response.headers_mut().insert(UNBUFFERED, unbuffered);
        response
    }

    /// Runs until the reader disconnects, its login ends, or the server stops.
    async fn fill(mut self, sender: mpsc::Sender<sse::Event>) {
        self.listener.subscribe(Topic::Statuses);
        let stop = self.api.realtime.stop.clone();
        let filling = async {
            // Proxies forward nothing before the first byte.
            let mut next = vec![Outgoing::comment()];
            loop {
                for Outgoing { event, status_of } in next {
                    let Ok(permit) = sender.reserve().await else {
                        return;
                    };
                    // A slow reader may take the event long after it was read. The login may have
                    // ended since, and the status may be hidden now.
                    match self.may_send(status_of).await {
                        Some(true) => permit.send(event),
                        Some(false) => {}
                        None => return,
                    }
                }
                match self.next().await {
                    Some(events) => next = events,
                    None => return,
                }
            }
        };
        tokio::select! {
            () = filling => {}
            () = sender.closed() => {}
            () = stop.cancelled() => {}
        }
    }

    /// Returns whether a message may be sent that shows the status of `status_of`; `None` if the
    /// login has ended. Waits until the store can answer for both at once.
    async fn may_send(&mut self, status_of: Option<(UserId, Form)>) -> Option<bool> {
        loop {
            match self.check(status_of.as_ref()).await {
                Ok(may) => return Some(may),
                Err(Error::Unauthenticated | Error::PasswordChangeRequired) => return None,
                Err(_) => tokio::time::sleep(RETRY_INTERVAL).await,
            }
        }
    }

    async fn check(&mut self, status_of: Option<&(UserId, Form)>) -> Result<bool> {
        self.login.check(&self.api.app).await?;
        let Some((user, form)) = status_of else {
            return Ok(true);
        };
        let is_hidden = self.visibility.hides(&self.api.app, user).await?;
        Ok(is_hidden == (*form == Form::Hidden))
    }

    /// Returns the next events; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Vec<Outgoing>> {
        if self.login.is_over(&self.api.app) {
            return None;
        }
        if self.is_behind {
            return self.catch_up().await;
        }
        tokio::select! {
            biased;
            interrupt = self.listener.interrupt() => {
                match interrupt {
                    Interrupt::Overrun => self.is_incomplete = true,
                    Interrupt::LoginsEnded => self.login.doubt(),
                }
                self.is_behind = true;
                Some(Vec::new())
            }
            messages = self.listener.next() => self.events_of(&messages).await,
            () = tokio::time::sleep(KEEPALIVE_INTERVAL) => Some(vec![Outgoing::comment()]),
        }
    }

    /// Reads a batch of stored events; `None` if the login has ended.
    async fn catch_up(&mut self) -> Option<Vec<Outgoing>> {
        let read = events::read(&self.api.app, &mut self.login, self.position).await;
        let (since, mut all) = (self.position, Vec::new());
        match read {
            Ok(Read::Reload(position)) => {
                self.position = position;
                all.push(Outgoing::reload(position));
            }
            Ok(Read::Events(events, position)) => {
                self.is_behind = position > since;
                self.position = position;
                if self.is_incomplete {
                    all.push(Outgoing::reload(since));
                }
                all.extend(events.iter().map(Outgoing::stored));
            }
            Err(Error::Unauthenticated | Error::PasswordChangeRequired) => return None,
            Err(error) => {
                tracing::warn!(%error, "failed to read events; will retry");
                tokio::time::sleep(RETRY_INTERVAL).await;
                return Some(all);
            }
        }
        self.is_incomplete = false;
        Some(all)
    }

    /// Converts those `messages` that were not read already; `None` if the login has ended. Nothing
    /// is sent until it is known whether presence may be shown to this user.
    async fn events_of(&mut self, messages: &[Arc<Message>]) -> Option<Vec<Outgoing>> {
        let view = match events::view(&self.api.app, &mut self.login).await {
            Ok(view) => view,
            Err(Error::Unauthenticated | Error::PasswordChangeRequired) => return None,
            Err(_) => {
                (self.is_behind, self.is_incomplete) = (true, true);
                return Some(Vec::new());
            }
        };
        let (mut all, now) = (Vec::new(), self.api.app.clock.now());
        for message in messages {
            let is_shown = *message.topic() == Topic::Statuses && !view.is_quiet;
            match message.news() {
                // An event in between was not announced.
                News::Event(event) if event.id.before() > self.position => self.is_behind = true,
                News::Event(event) if event.id > self.position => {
                    self.position = event.id;
                    if view.shows(&event.event.change) {
                        all.push(Outgoing::stored(event));
                    }
                }
                News::Shown(shown) if is_shown => {
                    all.push(Outgoing::shown(shown, Form::Shown, now));
                }
                News::Hidden(shown) if is_shown => {
                    all.push(Outgoing::shown(shown, Form::Hidden, now));
                }
                _ => {}
            }
        }
        Some(all)
    }
}

fn page(events: &[Event], position: EventId, reload: bool) -> Answer {
    response::success(&EventPage {
        events: events.iter().map(EventRow::from).collect(),
        position: position.as_u64(),
        reload,
    })
}
