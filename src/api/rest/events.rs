//! `events`: what has happened, by position, as a stream of server-sent events or, for who asks again and again, as JSON once there is
//! something. A route of our own. Source of the stream: the HTML standard, "Server-sent events". Knows no event.
//!
//! A reader has no queue that could overrun: it reads at its own pace what is stored, and listens only to know when there is more.

use crate::api::Api;
use crate::api::error::ApiError;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer, Response};
use crate::api::wire::{EventPage, EventRow, ShownRow, frame};
use crate::domain::{self, Actor, Error, Event, EventId};
use crate::realtime::hub::{Interrupt, Listener, Message, News, Topic};
use crate::service::events::{self, Read};
use crate::service::live_login::LiveLogin;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use warp::Reply;
use warp::http::{HeaderMap, HeaderName, HeaderValue, header};
use warp::sse;

/// Seconds that who asks for JSON may wait for the next event at most, and how long they wait unless they say.
const LONGEST_WAIT: u64 = 60;
const USUAL_WAIT: u64 = 25;
/// What keeps nginx from holding back what it passes on.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How soon a read that failed is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// How long a stream may be without a word, so that nobody on the way takes it for dead.
const SILENCE: Duration = Duration::from_secs(15);

pub(in crate::api) async fn read(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &["since", "timeout"])?;
    let since = position(request.headers(), &query)?;
    let wait = number(&query, "timeout")?.unwrap_or(USUAL_WAIT);
    request.count_call(Some(&actor))?;
    let login = LiveLogin::new(actor.actor().clone(), request.token().to_owned());
    let reader = Reader::new(request.api.clone(), login, since);
    if wants_stream(request.headers()) {
        Ok(reader.stream())
    } else {
        reader
            .page(Duration::from_secs(wait.min(LONGEST_WAIT)))
            .await
    }
}

/// Where to read on: behind the last event of a stream that broke off, or where the query says.
fn position(headers: &HeaderMap, query: &Query) -> Result<Option<EventId>, ApiError> {
    let last = headers.get("last-event-id");
    let last = last.and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let since = number(query, "since")?;
    Ok(last.or(since).map(EventId::new))
}

fn number(query: &Query, name: &str) -> Result<Option<u64>, ApiError> {
    let text = query.text(name)?.filter(|text| !text.is_empty());
    let number = text.map(|text| text.parse());
    let refused = |_| ApiError::invalid_query("must be number");
    number.transpose().map_err(refused)
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT);
    accepted.is_some_and(|accepted| {
        let accepted = accepted.to_str().unwrap_or_default();
        accepted.contains("text/event-stream")
    })
}

/// Somebody who reads.
struct Reader {
    api: Arc<Api>,
    login: LiveLogin,
    listener: Listener,
    /// Whether the request named a position.
    has_position: bool,
    /// Up to which event (inclusive) everything is told.
    position: EventId,
    /// Whether there may be something to read that no message will announce, or the login has to be checked.
    is_behind: bool,
    /// Whether messages were lost that are not stored, such as `presence.shown`.
    is_incomplete: bool,
}

impl Reader {
    /// Begins at `since`, or with what comes from now on. It listens before anything is read, so that nothing is missed between.
    fn new(api: Arc<Api>, login: LiveLogin, since: Option<EventId>) -> Self {
        let mut listener = api.app.live.listen();
        listener.subscribe(Topic::Events);
        listener.subscribe(Topic::Oneself(login.actor().user.id.clone()));
        let newest = events::newest(&api.app);
        Self {
            has_position: since.is_some(),
            position: since.unwrap_or(newest),
            // Also without a position: the login may have ended before the listener subscribed.
            is_behind: true,
            is_incomplete: false,
            api,
            login,
            listener,
        }
    }

    /// The events after the position, once there are any, or none after `wait`. Who names no position learns where they are at once.
    async fn page(mut self, wait: Duration) -> Answer {
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
                        _ = self.listener.trouble() => {
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

    /// The stream, which a task of its own fills as fast as it is read.
    fn stream(self) -> Response {
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

    /// Runs until the reader is gone, its login has ended, or the server stops.
    async fn fill(mut self, sender: mpsc::Sender<sse::Event>) {
        self.listener.subscribe(Topic::Statuses);
        let stop = self.api.realtime.stop.clone();
        let filling = async {
            // A proxy passes on nothing before the first byte.
            let mut next = vec![sse::Event::default().comment("")];
            loop {
                for event in next {
                    let Ok(permit) = sender.reserve().await else {
                        return;
                    };
                    // However slowly it is read: the login may have ended since the events were.
                    if !self.may_send().await {
                        return;
                    }
                    permit.send(event);
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

    /// Whether the login still counts. Waits until the store can say.
    async fn may_send(&mut self) -> bool {
        loop {
            match self.login.check(&self.api.app).await {
                Ok(_) => return true,
                Err(Error::Unauthenticated | Error::PasswordChangeRequired) => return false,
                Err(_) => tokio::time::sleep(RETRY_PAUSE).await,
            }
        }
    }

    /// What comes next; `None`: nothing any more.
    async fn next(&mut self) -> Option<Vec<sse::Event>> {
        if self.login.is_over(&self.api.app) {
            return None;
        }
        if self.is_behind {
            return self.catch_up().await;
        }
        tokio::select! {
            biased;
            trouble = self.listener.trouble() => {
                match trouble {
                    Interrupt::Overrun => self.is_incomplete = true,
                    Interrupt::LoginsEnded => self.login.doubt(),
                }
                self.is_behind = true;
                Some(Vec::new())
            }
            messages = self.listener.next() => self.tell(&messages).await,
            () = tokio::time::sleep(SILENCE) => Some(vec![sse::Event::default().comment("")]),
        }
    }

    /// A batch of what is stored; `None`: the login has ended.
    async fn catch_up(&mut self) -> Option<Vec<sse::Event>> {
        let read = events::read(&self.api.app, &mut self.login, self.position).await;
        let (since, mut all) = (self.position, Vec::new());
        match read {
            Ok(Read::Reload(position)) => {
                self.position = position;
                all.push(reload(position));
            }
            Ok(Read::Events(events, position)) => {
                self.is_behind = position > since;
                self.position = position;
                if self.is_incomplete {
                    all.push(reload(since));
                }
                all.extend(events.iter().map(told));
            }
            Err(Error::Unauthenticated | Error::PasswordChangeRequired) => return None,
            Err(error) => {
                tracing::warn!(%error, "events cannot be read yet; it will be tried again");
                tokio::time::sleep(RETRY_PAUSE).await;
                return Some(all);
            }
        }
        self.is_incomplete = false;
        Some(all)
    }

    /// What `messages` say that was not read already; `None`: the login has ended. Whether presence may be shown, and to whom,
    /// has to be known first: until then nothing is sent.
    async fn tell(&mut self, messages: &[Arc<Message>]) -> Option<Vec<sse::Event>> {
        let (actor, is_quiet) = match self.view().await {
            Ok(view) => view,
            Err(Error::Unauthenticated | Error::PasswordChangeRequired) => return None,
            Err(_) => {
                (self.is_behind, self.is_incomplete) = (true, true);
                return Some(Vec::new());
            }
        };
        let mut all = Vec::new();
        for message in messages {
            match message.news() {
                // One in between was not announced.
                News::Event(event) if event.id.before() > self.position => self.is_behind = true,
                News::Event(event) if event.id > self.position => {
                    self.position = event.id;
                    if events::is_visible(&event.event.change, &actor, is_quiet) {
                        all.push(told(event));
                    }
                }
                News::Shown(shown) if *message.topic() == Topic::Statuses && !is_quiet => {
                    let row = ShownRow::new(shown, self.api.app.clock.now());
                    let row = frame::text_of(&row);
                    all.push(sse::Event::default().event(ShownRow::KIND).data(row));
                }
                _ => {}
            }
        }
        Some(all)
    }

    /// Who reads now, and whether nobody is shown changes of presence.
    async fn view(&mut self) -> domain::Result<(Arc<Actor>, bool)> {
        let actor = self.login.check(&self.api.app).await?;
        let settings = self.api.app.settings().await?;
        Ok((actor, settings.broadcast_disabled()))
    }
}

/// That the reader has to look at everything again, and reads on from `position`.
fn reload(position: EventId) -> sse::Event {
    let id = position.as_u64().to_string();
    sse::Event::default().event("reload").id(id).data("{}")
}

/// An event with its position, by which a stream that breaks off is taken up again.
fn told(event: &Event) -> sse::Event {
    let row = EventRow::from(event);
    let (id, kind) = (event.id.as_u64().to_string(), row.kind());
    sse::Event::default()
        .id(id)
        .event(kind)
        .data(frame::text_of(&row))
}

fn page(events: &[Event], position: EventId, reload: bool) -> Answer {
    response::ok(&EventPage {
        events: events.iter().map(EventRow::from).collect(),
        position: position.as_u64(),
        reload,
        success: true,
    })
}
