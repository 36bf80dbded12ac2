//! Password hashing: Argon2id in PHC strings, with a limit on concurrent hashes and a bounded queue
//! shared fairly between addresses. Does not store hashes and does not throttle logins.

use crate::auth::{HashQueue, Permit};
use crate::domain::network::Network;
use crate::domain::{Error, Outage, Result};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, RECOMMENDED_SALT_LEN, Version};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// The cost of new hashes: 19 MiB, two passes, one lane (OWASP's first choice for Argon2id).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Accept stored hashes that cost more than ours, up to a limit that protects the machine.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 4;

/// Waiting callers per hasher: about one second of work. Beyond that, a client should retry later.
const WAITING_PER_HASHER: usize = 32;

/// Verified when the user is unknown. No known password produces an all-zero output.
const UNKNOWN_USER_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$ZG9vcnNpZ246IG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The lower-case hexadecimal SHA-256 of a password.
///
/// Rocket.Chat clients may send a password in this form instead of plain text, so both forms must
/// produce the same hash. It is as sensitive as the password: never logged, never stored.
#[derive(Clone)]
pub struct PasswordDigest(String);

impl PasswordDigest {
    /// Returns the digest of a plain password of any length.
    pub fn of(plain: &str) -> PasswordDigest {
        let digest = Sha256::digest(plain);
        PasswordDigest(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Returns whether both are digests of the same password. Takes constant time.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }

    /// Parses a digest computed by the client: 64 hexadecimal digits in either case.
    pub fn from_hex(hex: &str) -> Option<PasswordDigest> {
        let well_formed = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        well_formed.then(|| PasswordDigest(hex.to_ascii_lowercase()))
    }
}

impl std::fmt::Debug for PasswordDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordDigest(..)")
    }
}

/// Hashes and verifies passwords on blocking threads. Each running hash uses 19 MiB and one core
/// for about 30 ms.
#[derive(Debug)]
pub struct Passwords(HashQueue);

impl Passwords {
    /// Creates a pool that runs `hashers` (clamped to 1–1024) hashes at once and queues up to 32
    /// callers per hasher.
    pub fn new(hashers: usize) -> Passwords {
        let hashers = hashers.clamp(1, 1024);
        Passwords(HashQueue::new(hashers, hashers * WAITING_PER_HASHER))
    }

    /// Returns a new PHC string, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, with a random salt.
    ///
    /// # Errors
    /// `Unavailable` at once when the queue is full, when memory is short or when the runtime is
    /// shutting down.
    pub async fn hash(&self, password: PasswordDigest) -> Result<String> {
        self.run(None, move || hash_blocking(&password)).await
    }

    /// Returns whether the password matches the stored PHC string. `None` (an unknown user) takes
    /// as long as a known user and returns `false`. The queue alternates between addresses; `None`
    /// is the server itself.
    ///
    /// # Errors
    /// `Unavailable` as for [`Passwords::hash`], and when another address needs the queue slot.
    /// `Internal` for a stored string that is malformed, is not Argon2id version 19, or exceeds
    /// m=262144, t=10, p=4.
    pub async fn verify(
        &self,
        address: Option<IpAddr>,
        stored: Option<String>,
        password: PasswordDigest,
    ) -> Result<bool> {
        let work =
            move || verify_blocking(stored.as_deref().unwrap_or(UNKNOWN_USER_HASH), &password);
        self.run(address, work).await
    }

    /// The permit moves into the closure: a hash keeps running when its caller disconnects, so its
    /// slot must stay taken.
    async fn run<T: Send + 'static>(
        &self,
        address: Option<IpAddr>,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.enter(address).await?;
        let task = tokio::task::spawn_blocking(move || {
            let _turn = permit;
            work()
        });
        match task.await {
            Ok(answer) => answer,
            Err(stopped) if stopped.is_cancelled() => Err(Error::unavailable(Outage::Stopping)),
            Err(panicked) => Err(Error::internal(panicked)),
        }
    }

    async fn enter(&self, address: Option<IpAddr>) -> Result<Permit> {
        self.0.enter(address.map(Network::from)).await
    }
}

/// [`Passwords::hash`] on the calling thread, for the command line and the first start.
pub fn hash_blocking(password: &PasswordDigest) -> Result<String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(Error::internal)?;
    let mut salt = [0; RECOMMENDED_SALT_LEN];
    getrandom::fill(&mut salt).map_err(Error::internal)?;
    let phc = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(Error::internal)?,
        salt: Some(Salt::new(&salt).map_err(Error::internal)?),
        hash: Some(Output::new(&derive(params, &salt, password)?).map_err(Error::internal)?),
    };
    Ok(phc.to_string())
}

fn verify_blocking(stored: &str, password: &PasswordDigest) -> Result<bool> {
    let stored = PasswordHash::new(stored).map_err(Error::internal)?;
    let params = Params::try_from(&stored).map_err(Error::internal)?;
    let refuse = |problem| Err(Error::internal(problem));
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return refuse("a stored password hash has no salt or no output");
    };
    if stored.algorithm != ARGON2ID_IDENT || stored.version != Some(Version::V0x13.into()) {
        return refuse("a stored password hash is not Argon2id version 19");
    }
    let memory_fits = params.m_cost() <= MAX_MEMORY_KIB;
    if !memory_fits || params.t_cost() > MAX_PASSES || params.p_cost() > MAX_LANES {
        return refuse("a stored password hash exceeds the cost limits");
    }
    let computed = derive(params, salt, password)?;
    Ok(computed.as_slice().ct_eq(expected.as_bytes()).into())
}

/// Computes the Argon2id output: as long as `params` request, otherwise 32 bytes.
fn derive(params: Params, salt: &[u8], password: &PasswordDigest) -> Result<Vec<u8>> {
    let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    let mut blocks = working_memory(params.block_count())?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.0.as_bytes(), salt, &mut output, &mut blocks)
        .map_err(Error::internal)?;
    Ok(output)
}

/// Allocates `count` blocks of 1 KiB that are wiped and returned to the system when dropped.
///
/// glibc maps a large allocation separately and unmaps it on free. It then raises its threshold for
/// "large" to that size, up to 32 MiB. From the second hash on, 19 MiB would therefore come from
/// the heap and stay resident in each thread's arena. A *capacity* above 32 MiB is always above
/// that threshold. It costs only address space, because unused pages are never touched. Running out
/// of memory is an error here. argon2's own allocation would raise the threshold as described.
fn working_memory(count: usize) -> Result<Vec<Block>> {
    const ALWAYS_MAPPED: usize = 33 * 1024 * 1024 / Block::SIZE;
    let mut blocks = Vec::new();
    let reserved = blocks.try_reserve_exact(count.max(ALWAYS_MAPPED));
    reserved.map_err(|_| Error::unavailable(Outage::MemoryShort))?;
    blocks.resize(count, Block::new());
    Ok(blocks)
}

#[cfg(test)]
mod tests;
