//! The whole board as JSON, in pieces: a reader of a large board holds one piece of it in memory.

use super::audience::Audience;
use crate::api::Api;
use crate::api::wire::DisplaySettings;
use crate::api::wire::board::{self, BoardHead};
use crate::api::wire::date::Rfc3339;
use crate::domain::{Error, Result, Setting, SettingValue};
use crate::service::board::Board;
use bytes::Bytes;

/// How many people a piece holds.
const PEOPLE: usize = 64;

/// The rows of one board, one piece after the other.
pub(super) enum Pieces {
    /// Rendered for one viewer, each piece when it is sent.
    Rendered { board: Board, next: usize },
    /// Shared by all strangers; `None` once it was taken.
    Shared(Option<Bytes>),
}

impl Pieces {
    /// Reads the rows.
    ///
    /// # Errors
    /// `Unavailable`, and `Unauthenticated` or `PasswordChangeRequired` if the login has ended.
    pub(super) async fn read(api: &Api, audience: &mut Audience) -> Result<Self> {
        let app = &api.app;
        let pieces = match audience {
            Audience::Public => Self::Shared(Some(api.public_board.rows(app).await?)),
            Audience::Member(_) | Audience::Display(_) => Self::Rendered {
                board: Board::read(app, audience.scope(), audience.viewer()).await?,
                next: 0,
            },
        };
        audience.check(app).await?;
        Ok(pieces)
    }

    /// Returns the next piece under the rules of now; `None` after the last one. The pieces follow
    /// each other without further characters.
    ///
    /// # Errors
    /// `Unavailable`. The piece can be asked for again.
    pub(super) async fn next(&mut self, api: &Api) -> Result<Option<Bytes>> {
        let (board, next) = match self {
            Self::Shared(rows) => return Ok(rows.take()),
            Self::Rendered { board, next } if *next < board.len() => (board, next),
            Self::Rendered { .. } => return Ok(None),
        };
        board.refresh(&api.app).await?;
        let mut piece = String::new();
        for person in board.people(&api.app, *next, PEOPLE) {
            // A member sees every row, so the first piece is not empty.
            if *next > 0 || !piece.is_empty() {
                piece.push(',');
            }
            piece.push_str(&board::member(&person));
        }
        *next += PEOPLE;
        Ok(Some(piece.into()))
    }
}

/// Returns the start of the JSON, up to the first person.
///
/// # Errors
/// `Unavailable`.
pub(super) async fn opening(api: &Api, audience: &Audience) -> Result<String> {
    let settings = api.app.settings().await?;
    let title = match settings.get(Setting::SiteName) {
        SettingValue::Text(name) => name.as_str(),
        SettingValue::Boolean(_) | SettingValue::Number(_) => "",
    };
    let site = api.sites.get().map_err(Error::internal)?;
    Ok(board::opening(&BoardHead {
        version: env!("CARGO_PKG_VERSION"),
        build: site.build(),
        time: Rfc3339::from(api.app.clock.now()),
        title,
        audience: audience.name(),
        display: audience.display().map(DisplaySettings::from),
    }))
}

/// Returns the whole JSON at once.
///
/// # Errors
/// As for [`Pieces::read`].
pub(super) async fn document(api: &Api, mut audience: Audience) -> Result<Bytes> {
    let mut text = opening(api, &audience).await?.into_bytes();
    let mut pieces = Pieces::read(api, &mut audience).await?;
    while let Some(piece) = pieces.next(api).await? {
        text.extend_from_slice(&piece);
    }
    text.extend_from_slice(br#"],"success":true}"#);
    Ok(text.into())
}
