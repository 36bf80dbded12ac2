//! Conformance checks for hook authors to call in their own tests. Each verifies one requirement of
//! the contract. They are plain async functions and work with any runtime.
//!
//! The checks deliver synthetic events, so use a hook that writes to a temporary file or a test
//! server. Any error fails a check, including `Retry`, and a panic is reported like an error. They
//! cannot detect whether an event was processed exactly once, or whether the hook blocks its
//! thread.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::{
    Actor, Delivery, Event, HookError, PostCreateHook, Status, StatusCreated, StatusDeleted,
    StatusUpdated, UserStatusChanged,
};

/// 2026-11-23T10:00:00Z, the time of all ordinary events.
const AT_MS: i64 = 1_795_428_000_000;

/// 0001-01-01T00:00:00Z and 9999-01-01T00:00:00Z.
const DISTANT_MS: [i64; 2] = [-62_135_596_800_000, 253_370_764_800_000];

/// Runs every check of this module, in the order of their events.
///
/// # Errors
///
/// One sentence about the first failure; the same holds for each check below.
pub async fn check(hook: &dyn PostCreateHook) -> Result<(), String> {
    has_a_usable_name(hook)?;
    accepts_ordinary_events(hook).await?;
    accepts_a_redelivery(hook).await?;
    accepts_a_number_used_again(hook).await?;
    accepts_every_name(hook).await?;
    accepts_an_empty_status_type(hook).await?;
    accepts_distant_dates(hook).await?;
    accepts_two_at_once(hook).await?;
    survives_being_dropped(hook).await?;
    accepts_updates(hook).await?;
    accepts_deletions(hook).await?;
    accepts_status_changes(hook).await
}

/// Checks that the server can store a position for the hook: the name is not empty, consists of
/// `a`–`z`, `0`–`9` and `-`, and does not change.
pub fn has_a_usable_name(hook: &dyn PostCreateHook) -> Result<(), String> {
    let name = hook.name();
    let usable = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if name.is_empty() || !name.bytes().all(usable) {
        return Err(format!(
            "invalid name {name:?}: use one or more of a-z, 0-9 and -"
        ));
    }
    if hook.name() != name {
        return Err(format!("the name {name:?} changed between two calls"));
    }
    Ok(())
}

/// Checks that the hook accepts ordinary events: one of each status type.
pub async fn accepts_ordinary_events(hook: &dyn PostCreateHook) -> Result<(), String> {
    for (event_id, status_type) in (1..).zip(["online", "away", "busy", "offline"]) {
        let mut created = ordinary(event_id);
        created.status.status_type = status_type.into();
        accept(
            hook,
            &created,
            &format!("an ordinary event of type {status_type}"),
        )
        .await?;
    }
    Ok(())
}

/// Checks that the same event may be delivered twice, as after a crash. The second delivery must
/// return `Ok` too.
pub async fn accepts_a_redelivery(hook: &dyn PostCreateHook) -> Result<(), String> {
    accept_twice(hook, &ordinary(11), "an event").await
}

/// Checks that an event number may be reused for another status, and may be lower than the last, as
/// after a restored backup.
pub async fn accepts_a_number_used_again(hook: &dyn PostCreateHook) -> Result<(), String> {
    accept(hook, &ordinary(21), "an event").await?;
    accept(hook, &ordinary(22), "the next event").await?;
    let mut other = ordinary(21);
    other.status.id = "f".repeat(24);
    accept(hook, &other, "a used number with another status").await
}

/// Checks that the hook accepts any name a user can choose: quotes, markup, line breaks, control
/// characters, emoji, right-to-left scripts, and the longest name, 120 characters of four bytes
/// each.
pub async fn accepts_every_name(hook: &dyn PostCreateHook) -> Result<(), String> {
    let longest = "😀".repeat(120);
    let names = [
        "it's \"quoted\" \\ 'twice'",
        "<b>&amp;</b> {{x}} $(x) %s ../..",
        "two\r\nlines\u{2028}and\ta\0nul\u{1b}[31m",
        "👩‍👩‍👧‍👦 ağ\u{301} \u{202e}עברית",
        &longest,
    ];
    for (event_id, name) in (31..).zip(names) {
        let mut created = ordinary(event_id);
        created.status.name = name.into();
        accept(hook, &created, &format!("the status name {name:?}")).await?;
    }
    Ok(())
}

/// Checks that the hook accepts a status without a type, which some contracts of the server allow.
pub async fn accepts_an_empty_status_type(hook: &dyn PostCreateHook) -> Result<(), String> {
    let mut created = ordinary(41);
    created.status.status_type = String::new();
    accept(hook, &created, "an empty status type").await
}

/// Checks that the hook accepts events of the years 1 and 9999, from a server with a wrong clock.
pub async fn accepts_distant_dates(hook: &dyn PostCreateHook) -> Result<(), String> {
    for (event_id, at_ms) in (51..).zip(DISTANT_MS) {
        let mut created = ordinary(event_id);
        created.at_ms = at_ms;
        created.status.updated_at_ms = at_ms;
        accept(
            hook,
            &created,
            &format!("an event {at_ms} ms after the epoch"),
        )
        .await?;
    }
    Ok(())
}

/// Checks that two calls may run at once. The server never starts two, but blocking work of a
/// delivery that timed out can outlast it and overlap with the next one.
pub async fn accepts_two_at_once(hook: &dyn PostCreateHook) -> Result<(), String> {
    let (one, two) = (ordinary(61), ordinary(62));
    let mut under_way = Vec::from(
        [&one, &two].map(|created| Box::pin(accept(hook, created, "one of two at once"))),
    );
    let mut outcome = Ok(());
    poll_fn(|context| {
        under_way.retain_mut(|delivery| match delivery.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(answer) => {
                outcome = outcome.clone().and(answer);
                false
            }
        });
        if under_way.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    outcome
}

/// Checks that a delivery dropped at its first await does not affect later attempts. This happens
/// at the time limit and at shutdown.
pub async fn survives_being_dropped(hook: &dyn PostCreateHook) -> Result<(), String> {
    let created = ordinary(71);
    for _ in 0..3 {
        let mut delivery = pin!(accept(hook, &created, "an event that was dropped before"));
        let first = poll_fn(|context| Poll::Ready(delivery.as_mut().poll(context))).await;
        if let Poll::Ready(answer) = first {
            answer?;
        }
    }
    accept(hook, &created, "an event that was dropped before").await
}

/// Checks that the hook accepts an update of an unknown status, twice.
pub async fn accepts_updates(hook: &dyn PostCreateHook) -> Result<(), String> {
    let StatusCreated { actor, status, .. } = ordinary(81);
    let updated = StatusUpdated::new(81, AT_MS, actor, status);
    accept_twice(hook, &updated, "an update").await
}

/// Checks that the hook accepts the deletion of an unknown status, twice.
pub async fn accepts_deletions(hook: &dyn PostCreateHook) -> Result<(), String> {
    let StatusCreated { actor, status, .. } = ordinary(91);
    let deleted = StatusDeleted::new(91, AT_MS, actor, status);
    accept_twice(hook, &deleted, "a deletion").await
}

/// Checks that the hook accepts a change of a user's status and its end, each twice.
pub async fn accepts_status_changes(hook: &dyn PostCreateHook) -> Result<(), String> {
    let change = |event_id, at_ms, status, text| {
        let user = Actor::new("rocketcatuser4567", "ann");
        UserStatusChanged::new(event_id, at_ms, user.clone(), user, status, text)
    };
    let end_ms = AT_MS + 60_000;
    let begun = change(101, AT_MS, "busy", "Lunch").held_by("manual", Some(end_ms));
    let ended = change(102, end_ms, "online", "");
    accept_twice(hook, &begun, "a status change").await?;
    accept_twice(hook, &ended, "the end of a status").await
}

/// Returns an ordinary event. The status id is derived from the number, so different numbers are
/// different statuses.
fn ordinary(event_id: u64) -> StatusCreated {
    let actor = Actor::new("rocketcatadmin123", "admin");
    let status = Status::new(format!("{event_id:024x}"), "caught up", "busy", AT_MS);
    StatusCreated::new(event_id, AT_MS, actor, status)
}

/// Delivers one event twice.
async fn accept_twice(
    hook: &dyn PostCreateHook,
    event: &(impl Clone + Into<Event>),
    what: &str,
) -> Result<(), String> {
    accept(hook, event, what).await?;
    accept(hook, event, &format!("{what}, delivered again,")).await
}

/// Delivers one event as the server does.
async fn accept(
    hook: &dyn PostCreateHook,
    event: &(impl Clone + Into<Event>),
    what: &str,
) -> Result<(), String> {
    let delivery = Delivery::new(event.clone().into(), 1);
    answered(async { hook.deliver(&delivery).await }, what).await
}

/// Returns the result of one delivery. An error or a panic becomes a sentence that starts with
/// `what`.
///
/// The hook is called inside `delivery`, because a handwritten implementation may panic before it
/// returns a future.
async fn answered(
    delivery: impl Future<Output = Result<(), HookError>>,
    what: &str,
) -> Result<(), String> {
    let mut delivery = pin!(delivery);
    let answer = poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| delivery.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(answer.map_err(|error| error.to_string())),
            Err(panic) => Poll::Ready(Err(format!("panicked: {}", text_of(&*panic)))),
        }
    });
    answer
        .await
        .map_err(|reason| format!("{what} was rejected: {reason}"))
}

/// Returns the text of a panic.
fn text_of(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}
