//! New ids and passwords.

use crate::domain::{Error, InvitationId, LoginId, Result, StatusId, Timestamp, UserId};
use std::sync::atomic::{AtomicU32, Ordering};

/// Generates new ids.
pub struct Ids {
    /// The middle of a MongoDB ObjectId: five random bytes that identify this process.
    process: u64,
    /// The end of an ObjectId: a three-byte counter.
    counter: AtomicU32,
    /// Random bytes of this process.
    secret: [u8; 32],
}

impl Ids {
    pub(super) fn new() -> Result<Self> {
        let [process @ .., a, b, c] = random::<8>()?;
        let process = process
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        // Start in the lower half, so that the counter does not soon wrap to 0 and break the order.
        let counter = u32::from_be_bytes([0, a & 0x7f, b, c]);
        Ok(Self {
            process,
            counter: AtomicU32::new(counter),
            secret: random()?,
        })
    }

    /// Returns a secret of this process, for ids that others must not be able to compute.
    pub const fn secret(&self) -> [u8; 32] {
        self.secret
    }

    /// Returns a MongoDB ObjectId, as Rocket.Chat does: seconds, process, counter. Ids ascend with
    /// time, so new rows are adjacent.
    pub fn status(&self, now: Timestamp) -> StatusId {
        StatusId::new(self.object_id(now))
    }

    /// Returns the id of a custom role, also an ObjectId.
    pub fn role(&self, now: Timestamp) -> String {
        self.object_id(now)
    }

    fn object_id(&self, now: Timestamp) -> String {
        let seconds = now.as_millis().div_euclid(1000) & 0xffff_ffff;
        let counter = self.counter.fetch_add(1, Ordering::Relaxed) & 0x00ff_ffff;
        format!("{seconds:08x}{:010x}{counter:06x}", self.process)
    }

    /// Returns a new user id.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn user(&self) -> Result<UserId> {
        Ok(UserId::new(unmistakable::<17>()?))
    }

    /// Returns a new login id.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn login(&self) -> Result<LoginId> {
        Ok(LoginId::new(unmistakable::<17>()?))
    }

    /// Returns the id of a new invitation.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn invitation(&self) -> Result<InvitationId> {
        Ok(InvitationId::new(unmistakable::<17>()?))
    }

    /// Returns the id of a new display.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn display(&self) -> Result<String> {
        unmistakable::<17>()
    }

    /// Returns a new connection id.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn connection(&self) -> Result<String> {
        unmistakable::<17>()
    }

    /// Returns a random number, which clients may use as a seed.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn entropy(&self) -> Result<u32> {
        random::<4>().map(u32::from_be_bytes)
    }

    /// Returns a password of 24 characters, 139 bits.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn password() -> Result<String> {
        unmistakable::<24>()
    }
}

/// Returns `N` characters of Meteor's alphabet, which omits look-alikes
/// (`random/AbstractRandomGenerator.js`).
fn unmistakable<const N: usize>() -> Result<String> {
    const ALPHABET: &[u8; 55] = b"23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz";
    let mut text = String::with_capacity(N);
    while text.len() < N {
        // 220 is 4 × 55: bytes above it would favour the start of the alphabet.
        let fair = random::<32>()?.into_iter().filter(|byte| *byte < 220);
        text.extend(
            fair.take(N - text.len())
                .map(|byte| char::from(ALPHABET[usize::from(byte % 55)])),
        );
    }
    Ok(text)
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal(e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_ids_are_object_ids_in_the_order_of_creation() {
        let ids = Ids::new().unwrap();
        let at = |millis| {
            ids.status(Timestamp::from_millis(millis))
                .as_str()
                .to_owned()
        };
        let (first, second, later) = (
            at(1_699_098_263_366),
            at(1_699_098_263_366),
            at(1_699_098_264_000),
        );
        assert!(
            first.starts_with("65462e97"),
            "{first}: seconds since the epoch come first"
        );
        assert!(first < second && second < later);
        assert!(
            later.len() == 24
                && later
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        );
    }

    #[test]
    fn user_ids_are_17_unambiguous_characters() {
        let ids = Ids::new().unwrap();
        let (one, other) = (ids.user().unwrap(), ids.user().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 17);
        assert!(!one.as_str().contains(['0', '1', 'I', 'O', 'U', 'V', 'l']));
    }
}
