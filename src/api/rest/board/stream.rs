//! The board as a stream: the whole board, then each change. Source: the HTML standard, "Server-sent
//! events".
//!
//! The stream sends `alive` at least every ten seconds, so that a page notices within moments when
//! what it shows is out of date. A reader who falls behind receives the whole board again.

use super::audience::Audience;
use super::public_board::CountedStream;
use super::rows::{self, Pieces};
use crate::api::Api;
use crate::api::error::ApiError;
use crate::api::http::response::Response;
use crate::api::wire::board::{self, End};
use crate::domain::{Error, UserId};
use crate::realtime::hub::{Interrupt, Listener, Message, News, Topic};
use crate::service::live_visibility::LiveVisibility;
use bytes::Bytes;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use warp::Reply;
use warp::http::{HeaderName, HeaderValue, header};

/// Interval of `alive`.
const ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// How long to wait before a failed read is retried.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// How long the last event may wait for a slow reader.
const END_TIMEOUT: Duration = Duration::from_secs(1);
/// The shortest and the longest time after which clients should reconnect to a server that stopped,
/// in milliseconds. Random, so that not all clients reconnect at once.
const RETRY_MS: (u32, u32) = (1000, 3000);

/// How long a stranger should wait when there are too many streams.
const STREAMS_WAIT: Duration = Duration::from_secs(30);

/// A stream of the board.
pub(super) struct Stream {
    api: Arc<Api>,
    audience: Audience,
    visibility: LiveVisibility,
    listener: Listener,
    alive: Interval,
    /// Counts a stranger's stream.
    _counted: Option<CountedStream>,
}

/// Why a stream ends.
enum Ended {
    /// The login no longer lets the user read.
    Session,
    /// The key of the display was revoked.
    Revoked,
    /// The server stops.
    Stopping,
    /// The reader is gone, or has received a part of an event, which must not be completed.
    Broken,
}

/// What a message shows: whose status, and whether in the form for those it is hidden from.
struct StatusOf<'a> {
    user: &'a UserId,
    is_hidden: bool,
}

impl Stream {
    /// Creates a stream. It subscribes before it reads, so that nothing is missed in between.
    ///
    /// # Errors
    /// 429 if strangers have too many streams.
    pub(super) fn new(
        api: Arc<Api>,
        audience: Audience,
        address: IpAddr,
    ) -> Result<Self, ApiError> {
        let counted = match &audience {
            Audience::Public => {
                let counted = api.public_board.count(address);
                Some(counted.ok_or(ApiError::TooManyCalls(STREAMS_WAIT))?)
            }
            Audience::Member(_) | Audience::Display(_) => None,
        };
        let mut listener = api.app.live.listen();
        let viewer = audience.viewer();
        listener.set_viewer(viewer.clone());
        listener.subscribe(audience.topic());
        if let Some(user) = &viewer {
            listener.subscribe(Topic::OwnUser(user.clone()));
        }
        let mut alive = tokio::time::interval_at(Instant::now() + ALIVE_INTERVAL, ALIVE_INTERVAL);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            visibility: LiveVisibility::new(viewer),
            api,
            audience,
            listener,
            alive,
            _counted: counted,
        })
    }

    /// Returns the response, which a separate task fills as fast as it is read.
    pub(super) fn open(self) -> Response {
        let (sender, mut receiver) = mpsc::channel(1);
        let realtime = &self.api.clone().realtime;
        realtime.spawn(self.fill(sender));
        let stream = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
        let stream = futures_util::StreamExt::map(stream, Ok::<Bytes, Infallible>);
        let mut response = warp::reply::stream(stream).into_response();
        let set = |headers: &mut warp::http::HeaderMap, name: HeaderName, value| {
            headers.insert(name, HeaderValue::from_static(value))
        };
        let headers = response.headers_mut();
        set(headers, header::CONTENT_TYPE, "text/event-stream");
        set(headers, header::CACHE_CONTROL, "no-cache");
        // Keeps nginx from buffering the stream.
        set(headers, HeaderName::from_static("x-accel-buffering"), "no");
        response
    }

    async fn fill(mut self, sender: Sender<Bytes>) {
        let stop = self.api.realtime.stop.clone();
        let ended = tokio::select! {
            biased;
            () = sender.closed() => return,
            () = stop.cancelled() => Ended::Stopping,
            ended = self.run(&sender) => ended,
        };
        let end = match ended {
            Ended::Broken => return,
            Ended::Session => End {
                reason: "session",
                retry_ms: None,
            },
            Ended::Revoked => End {
                reason: "revoked",
                retry_ms: None,
            },
            Ended::Stopping => End {
                reason: "stopping",
                retry_ms: Some(self.retry_ms()),
            },
        };
        let last = sender.send(board::end_event(&end));
        let _ = tokio::time::timeout(END_TIMEOUT, last).await;
    }

    fn retry_ms(&self) -> u32 {
        let (shortest, longest) = RETRY_MS;
        let chance = self.api.app.ids.entropy().unwrap_or_default();
        shortest + chance % (longest - shortest)
    }

    async fn run(&mut self, sender: &Sender<Bytes>) -> Ended {
        loop {
            if let Err(ended) = self.send_board(sender).await {
                return ended;
            }
            if let Err(ended) = self.follow(sender).await {
                return ended;
            }
        }
    }

    /// Sends the whole board.
    async fn send_board(&mut self, sender: &Sender<Bytes>) -> Result<(), Ended> {
        let (opening, mut pieces) = loop {
            match self.read_board().await {
                Ok(read) => break read,
                Err(error) => self.retry(error).await?,
            }
        };
        self.send(sender, format!("event:board\ndata:{opening}").into(), None)
            .await?;
        loop {
            let permit = sender.reserve().await.map_err(|_| Ended::Broken)?;
            // A slow reader may take the piece long after the board was read.
            let piece = loop {
                match self.next_piece(&mut pieces).await {
                    Ok(piece) => break piece,
                    Err(error) => self.retry(error).await.map_err(|_| Ended::Broken)?,
                }
            };
            match piece {
                Some(piece) if piece.is_empty() => {}
                Some(piece) => permit.send(piece),
                None => {
                    permit.send(Bytes::from_static(b"]}\n\n"));
                    return Ok(());
                }
            }
        }
    }

    async fn read_board(&mut self) -> Result<(String, Pieces), Error> {
        let opening = rows::opening(&self.api, &self.audience).await?;
        let pieces = Pieces::read(&self.api, &mut self.audience).await?;
        Ok((opening, pieces))
    }

    async fn next_piece(&mut self, pieces: &mut Pieces) -> Result<Option<Bytes>, Error> {
        self.audience.check(&self.api.app).await?;
        pieces.next(&self.api).await
    }

    /// Sends changes until the reader must receive the whole board again.
    async fn follow(&mut self, sender: &Sender<Bytes>) -> Result<(), Ended> {
        loop {
            tokio::select! {
                biased;
                interrupt = self.listener.interrupt() => match interrupt {
                    Interrupt::Overrun => return Ok(()),
                    Interrupt::LoginsEnded => {
                        self.audience.doubt();
                        while let Err(error) = self.audience.check(&self.api.app).await {
                            self.retry(error).await?;
                        }
                    }
                },
                messages = self.listener.next() => {
                    for message in messages {
                        if let Some((event, status_of)) = self.event_of(&message) {
                            self.send(sender, event, status_of).await?;
                        }
                    }
                }
                () = self.audience.in_doubt(&self.api.app) => {
                    while let Err(error) = self.audience.check(&self.api.app).await {
                        self.retry(error).await?;
                    }
                    // Its settings are part of the board.
                    return Ok(());
                }
                _ = self.alive.tick() => {
                    self.audience.record(&self.api.app).await;
                    let event = board::alive_event(self.api.app.clock.now());
                    self.send(sender, event, None).await?;
                }
            }
        }
    }

    /// Returns the event of a message. It is encoded once for all readers of its topic.
    fn event_of<'a>(&self, message: &'a Message) -> Option<(Bytes, Option<StatusOf<'a>>)> {
        let public = (*message.topic() == Topic::PublicBoard).then_some(&self.api.public_board);
        let encode = |news: &News| match news {
            News::BoardShown(person) | News::BoardHidden(person) => {
                let row = public.map(|public| public.person(person));
                board::person_event(&row.unwrap_or_else(|| board::member(person)))
            }
            News::BoardGone(user) => {
                let id = public.map(|public| public.id(user));
                board::gone_event(id.as_deref().unwrap_or(user.as_str()))
            }
            _ => Bytes::new(),
        };
        let status_of = match message.news() {
            News::BoardShown(person) => Some((&person.id, false)),
            News::BoardHidden(person) => Some((&person.id, true)),
            News::BoardGone(_) => None,
            _ => return None,
        };
        let status_of = status_of.map(|(user, is_hidden)| StatusOf { user, is_hidden });
        Some((message.encoded(encode), status_of))
    }

    /// Sends an event, unless it shows a status in a form that is not the viewer's by now: a slow
    /// reader may take it long after it was published.
    async fn send(
        &mut self,
        sender: &Sender<Bytes>,
        event: Bytes,
        status_of: Option<StatusOf<'_>>,
    ) -> Result<(), Ended> {
        let permit = sender.reserve().await.map_err(|_| Ended::Broken)?;
        loop {
            match self.may_send(status_of.as_ref()).await {
                Ok(true) => {
                    permit.send(event);
                    return Ok(());
                }
                Ok(false) => return Ok(()),
                Err(error) => self.retry(error).await?,
            }
        }
    }

    async fn may_send(&mut self, status_of: Option<&StatusOf<'_>>) -> Result<bool, Error> {
        self.audience.check(&self.api.app).await?;
        match status_of {
            Some(StatusOf { user, is_hidden }) => {
                let hides = self.visibility.hides(&self.api.app, user).await?;
                Ok(hides == *is_hidden)
            }
            None => Ok(true),
        }
    }

    /// Waits before the next attempt, unless the login has ended. Meanwhile the reader receives
    /// nothing: what cannot be checked must not look up to date.
    async fn retry(&self, error: Error) -> Result<(), Ended> {
        match error {
            Error::Unauthenticated if self.audience.display().is_some() => Err(Ended::Revoked),
            Error::Unauthenticated | Error::PasswordChangeRequired => Err(Ended::Session),
            _ => {
                tokio::time::sleep(RETRY_INTERVAL).await;
                Ok(())
            }
        }
    }
}
