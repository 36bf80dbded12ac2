//! The public board: what strangers may read. Reading it costs one rendering per change, whatever
//! their number, and their streams are limited.

use crate::api::wire::board;
use crate::app::App;
use crate::domain::network::Network;
use crate::domain::{BoardPerson, Result, UserId};
use crate::service::board::{Board, BoardVersion, Scope, version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Maximum number of streams of strangers, from one network and in total.
const MOST_PER_NETWORK: usize = 20;
const MOST: usize = 500;

/// Length of a public id in characters, as of other ids.
const ID_LENGTH: usize = 17;

/// The state of the public board.
#[derive(Default)]
pub(in crate::api) struct PublicBoard {
    /// Makes the ids. Random in each process, so that no id leads to a user or lasts.
    secret: [u8; 32],
    /// The people as JSON, separated by commas, at a version.
    rows: tokio::sync::Mutex<Option<(BoardVersion, Bytes)>>,
    streams: Mutex<Streams>,
}

#[derive(Default)]
struct Streams {
    total: usize,
    by_network: HashMap<Network, usize>,
}

/// Guard: a stream is counted until it is dropped.
pub(super) struct CountedStream {
    board: Arc<PublicBoard>,
    network: Network,
}

impl PublicBoard {
    /// Creates the state, with a random `secret`.
    pub(in crate::api) fn new(secret: [u8; 32]) -> Self {
        Self {
            secret,
            ..Self::default()
        }
    }

    /// Returns the id by which strangers know a user.
    pub(super) fn id(&self, user: &UserId) -> String {
        let hash = Sha256::new()
            .chain_update(self.secret)
            .chain_update(user.as_str());
        let mut id = URL_SAFE_NO_PAD.encode(hash.finalize());
        id.truncate(ID_LENGTH);
        id
    }

    /// Returns a person as JSON.
    pub(super) fn person(&self, person: &BoardPerson) -> String {
        board::public(person, &self.id(&person.id))
    }

    /// Returns all people as JSON, separated by commas. Reads the store only after a change.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(super) async fn rows(&self, app: &App) -> Result<Bytes> {
        let mut kept = self.rows.lock().await;
        let version = version(app);
        if let Some((at, rows)) = &*kept
            && *at == version
        {
            return Ok(rows.clone());
        }
        let board = Board::read(app, Scope::Public, None).await?;
        let people = board.people(app, 0, board.len());
        let rows: Vec<_> = people.map(|person| self.person(&person)).collect();
        let rows = Bytes::from(rows.join(","));
        *kept = Some((version, rows.clone()));
        Ok(rows)
    }

    /// Counts a stream; `None` if there are too many.
    pub(super) fn count(self: &Arc<Self>, address: IpAddr) -> Option<CountedStream> {
        let network = Network::from(address);
        let mut streams = self.streams();
        let here = streams.by_network.get(&network).copied().unwrap_or(0);
        if here >= MOST_PER_NETWORK || streams.total >= MOST {
            return None;
        }
        streams.total += 1;
        *streams.by_network.entry(network).or_default() += 1;
        drop(streams);
        let board = self.clone();
        Some(CountedStream { board, network })
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CountedStream {
    fn drop(&mut self) {
        let mut streams = self.board.streams();
        streams.total -= 1;
        if let Some(here) = streams.by_network.get_mut(&self.network) {
            *here -= 1;
            if *here == 0 {
                streams.by_network.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Arc<PublicBoard> {
        Arc::new(PublicBoard::new([1; 32]))
    }

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn streams_are_limited_by_network_and_in_total_until_they_end() {
        let board = board();
        let open = |last: u8| board.count(address(last));
        let here: Vec<_> = (0..MOST_PER_NETWORK).map(|_| open(0).unwrap()).collect();
        assert!(open(0).is_none());
        let others: Vec<_> = (MOST_PER_NETWORK..MOST)
            .map(|n| open(u8::try_from(1 + n / MOST_PER_NETWORK).unwrap()).unwrap())
            .collect();
        assert!(open(255).is_none());
        drop(here);
        assert!(open(255).is_some() && open(0).is_some());
        drop(others);
        assert_eq!(board.streams().total, 0);
        assert!(board.streams().by_network.is_empty());
    }

    #[test]
    fn an_id_differs_by_user_and_by_process() {
        let (ann, bob) = (UserId::new("ann"), UserId::new("bob"));
        let (one, other) = (board(), PublicBoard::new([2; 32]));
        assert_eq!(one.id(&ann).len(), ID_LENGTH);
        assert_eq!(one.id(&ann), one.id(&ann));
        assert!(one.id(&ann) != one.id(&bob) && one.id(&ann) != other.id(&ann));
    }
}
