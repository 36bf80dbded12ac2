//! Password hashing: Argon2id in PHC strings, with a limit on concurrent hashes and a bounded queue
//! shared fairly between addresses. Does not store hashes and does not throttle logins.

use crate::auth::{HashQueue, Permit};
use crate::domain::network::Network;
use crate::domain::{Error, Result};
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
            Err(stopped) if stopped.is_cancelled() => Err(Error::UNAVAILABLE),
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
    reserved.map_err(|_| Error::UNAVAILABLE)?;
    blocks.resize(count, Block::new());
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{PasswordHasher, PasswordVerifier};
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    /// SHA-256 of "abc", from FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn abc() -> PasswordDigest {
        PasswordDigest::of("abc")
    }

    fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
        let mut context = Context::from_waker(Waker::noop());
        future.as_mut().poll(&mut context)
    }

    #[test]
    fn a_digest_is_the_same_from_the_plain_password_and_from_either_case_of_hex() {
        assert_eq!(abc().0, ABC);
        assert_eq!(format!("{:?}", abc()), "PasswordDigest(..)");
        let upper = PasswordDigest::from_hex(&ABC.to_uppercase());
        assert_eq!(upper.unwrap().0, ABC);
        for bad in [
            "",
            &ABC[1..],
            &(ABC.to_owned() + "0"),
            &ABC.replace('b', "g"),
            &"é".repeat(32),
        ] {
            assert!(PasswordDigest::from_hex(bad).is_none(), "{bad}");
        }
    }

    #[tokio::test]
    async fn both_password_forms_verify_and_a_wrong_password_does_not() {
        let passwords = Passwords::new(2);
        let stored = passwords.hash(abc()).await.unwrap();
        for (password, expected) in [
            (abc(), true),
            (PasswordDigest::from_hex(ABC).unwrap(), true),
            (PasswordDigest::of("abC"), false),
            (PasswordDigest::of(ABC), false),
        ] {
            let answer = passwords.verify(None, Some(stored.clone()), password).await;
            assert_eq!(answer.unwrap(), expected);
        }
        assert_ne!(stored, passwords.hash(abc()).await.unwrap(), "salted");
    }

    #[tokio::test]
    async fn an_unknown_user_costs_the_same_work_and_is_refused() {
        let refused = Passwords::new(1).verify(None, None, abc()).await;
        assert!(!refused.unwrap());
        let fresh = PasswordHash::new(&hash_blocking(&abc()).unwrap()).unwrap();
        let nobody = PasswordHash::new(UNKNOWN_USER_HASH).unwrap();
        assert_eq!(Params::try_from(&nobody), Params::try_from(&fresh));
        assert_eq!(nobody.salt.unwrap().len(), fresh.salt.unwrap().len());
    }

    #[test]
    fn our_hashes_and_the_argon2_crate_verify_each_other() {
        let ours = hash_blocking(&abc()).unwrap();
        assert!(
            ours.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{ours}"
        );
        let twin = Argon2::default();
        assert_eq!(twin.verify_password(ABC.as_bytes(), ours.as_str()), Ok(()));
        for (memory, passes, lanes, length) in [(64, 3, 4, 32), (40_000, 1, 2, 64), (8, 10, 1, 16)]
        {
            let params = Params::new(memory, passes, lanes, Some(length)).unwrap();
            let theirs = Argon2::from(params).hash_password(ABC.as_bytes());
            let mut theirs = theirs.unwrap().to_string();
            assert!(verify_blocking(&theirs, &abc()).unwrap(), "{theirs}");
            let wrong = PasswordDigest::of("abd");
            assert!(!verify_blocking(&theirs, &wrong).unwrap(), "{theirs}");
            // The last character encodes only a few bits, so change the one before it.
            let at = theirs.len() - 2..theirs.len() - 1;
            let other = if &theirs[at.clone()] == "A" { "B" } else { "A" };
            theirs.replace_range(at, other);
            assert!(!verify_blocking(&theirs, &abc()).unwrap(), "{theirs}");
        }
    }

    #[tokio::test]
    async fn a_malformed_or_too_expensive_stored_hash_is_an_internal_error() {
        let swap = |from, to| UNKNOWN_USER_HASH.replace(from, to);
        let no_output = UNKNOWN_USER_HASH.rsplit_once('$').unwrap().0;
        let no_salt = no_output.rsplit_once('$').unwrap().0;
        let bcrypt = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
        let malformed = ["", "plain", bcrypt, no_salt, no_output].map(str::to_owned);
        let altered = [
            swap("$ZG", "$!!"),
            swap("argon2id", "argon2i"),
            swap("v=19", "v=16"),
            swap("$v=19", ""),
            swap("m=19456", "m=262145"),
            swap("m=19456", "m=4294967295"),
            swap("m=19456", "m=4"),
            swap("t=2", "t=11"),
            swap("t=2", "t=0"),
            swap("p=1", "p=5"),
        ];
        for stored in malformed.into_iter().chain(altered) {
            let answer = Passwords::new(1)
                .verify(None, Some(stored.clone()), abc())
                .await;
            assert!(
                matches!(answer, Err(Error::Internal(_))),
                "{stored}: {answer:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_a_cancelled_caller_frees_its_slot() {
        let passwords = Passwords::new(1);
        let busy = passwords.enter(None).await.unwrap();
        let ask = || Box::pin(passwords.hash(abc()));
        let refused = |answer| matches!(answer, Poll::Ready(Err(Error::Unavailable { .. })));
        let mut waiting: Vec<_> = (0..32).map(|_| ask()).collect();
        assert!(waiting.iter_mut().all(|caller| poll(caller).is_pending()));
        assert!(refused(poll(&mut ask())));
        waiting.truncate(1);
        let mut later: Vec<_> = (0..31).map(|_| ask()).collect();
        assert!(later.iter_mut().all(|caller| poll(caller).is_pending()));
        assert!(refused(poll(&mut ask())));
        drop((busy, later));
        assert!(waiting.remove(0).await.is_ok());
    }

    #[test]
    fn a_cancelled_caller_keeps_its_turn_until_its_hash_ends() {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (release, held) = std::sync::mpsc::channel::<()>();
            let blocker = tokio::task::spawn_blocking(move || held.recv());
            let passwords = Passwords::new(1);
            let mut caller = Box::pin(passwords.hash(abc()));
            assert!(poll(&mut caller).is_pending());
            drop(caller);
            assert_eq!(passwords.0.free(), 0);
            release.send(()).unwrap();
            blocker.await.unwrap().unwrap();
            assert!(passwords.hash(abc()).await.is_ok());
        });
    }

    /// Runs in a separate process, because tests running in parallel allocate as well.
    #[test]
    #[cfg(target_os = "linux")]
    fn hashing_returns_its_memory() {
        const ALONE: &str = "DOORSIGN_TEST_ALONE";
        if std::env::var_os(ALONE).is_none() {
            let this = module_path!().split_once("::").unwrap().1.to_owned()
                + "::hashing_returns_its_memory";
            let mut child = std::process::Command::new(std::env::current_exe().unwrap());
            let output = child
                .env(ALONE, "1")
                .args(["--exact", &this])
                .output()
                .unwrap();
            let output = String::from_utf8_lossy(&output.stdout);
            return assert!(output.contains("1 passed"), "{output}");
        }
        let before = resident_kib();
        for _ in 0..4 {
            hash_blocking(&abc()).unwrap();
        }
        let after = resident_kib();
        assert!(
            after < before + 10 * 1024,
            "{before} KiB before, {after} KiB after"
        );
    }

    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let mut lines = status.lines();
        let resident = lines.find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        resident.trim().trim_end_matches(" kB").parse().unwrap()
    }
}
