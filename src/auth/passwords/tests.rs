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
    let unknown = PasswordHash::new(UNKNOWN_USER_HASH).unwrap();
    assert_eq!(Params::try_from(&unknown), Params::try_from(&fresh));
    assert_eq!(unknown.salt.unwrap().len(), fresh.salt.unwrap().len());
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
    for (memory, passes, lanes, length) in [(64, 3, 4, 32), (40_000, 1, 2, 64), (8, 10, 1, 16)] {
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
        let this =
            module_path!().split_once("::").unwrap().1.to_owned() + "::hashing_returns_its_memory";
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
