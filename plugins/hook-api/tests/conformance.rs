//! The conformance checks: a correct hook passes all of them, and each catches one fault.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use doorsign_hook::{
    HookError, PostCreateHook, StatusCreated, StatusDeleted, StatusUpdated, UserStatusChanged,
    async_trait, conformance,
};

/// The fault of a hook.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    EmptyName,
    LoudName,
    ChangingName,
    RefusesAway,
    RefusesAgain,
    RefusesLowerNumbers,
    PanicsAtEmoji,
    NeedsAType,
    OverflowsFarAway,
    OneAtATime,
    LeaksWhenDropped,
    RefusesUpdates,
    RefusesAnUpdateAgain,
    PanicsAtDeletions,
    RefusesADeletionAgain,
    RefusesAStatusChangeAgain,
    NeedsASource,
}

/// A hook that yields once during each delivery, with at most one fault.
struct Faulty {
    fault: Fault,
    times_named: AtomicUsize,
    under_way: AtomicUsize,
    dealt_with: Mutex<Vec<(u64, String)>>,
}

impl Faulty {
    fn with(fault: Fault) -> Self {
        let (times_named, under_way) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let dealt_with = Mutex::default();
        Self {
            fault,
            times_named,
            under_way,
            dealt_with,
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn dealt_with(&self) -> MutexGuard<'_, Vec<(u64, String)>> {
        self.dealt_with
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether this was processed before, and records it.
    fn is_again(&self, event_id: u64, id: &str) -> bool {
        let mut dealt_with = self.dealt_with();
        let pair = (event_id, id.to_owned());
        let is_again = dealt_with.contains(&pair);
        dealt_with.push(pair);
        is_again
    }

    fn refuses(&self, created: &StatusCreated) -> bool {
        let pair = (created.event_id, created.status.id.clone());
        let last = self
            .dealt_with()
            .last()
            .map_or(0, |(event_id, _)| *event_id);
        match self.fault {
            Fault::RefusesAway => created.status.status_type == "away",
            Fault::RefusesAgain => self.dealt_with().contains(&pair),
            Fault::RefusesLowerNumbers => created.event_id < last,
            Fault::NeedsAType => created.status.status_type.is_empty(),
            _ => false,
        }
    }
}

#[async_trait]
impl PostCreateHook for Faulty {
    fn name(&self) -> &'static str {
        match self.fault {
            Fault::EmptyName => "",
            Fault::LoudName => "Audit Log",
            Fault::ChangingName => ["a", "b"][self.times_named.fetch_add(1, Ordering::SeqCst) % 2],
            _ => "faulty-2",
        }
    }

    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
        let others = self.under_way.fetch_add(1, Ordering::SeqCst);
        let leak = DropCount(&self.under_way);
        if self.has(Fault::LeaksWhenDropped) {
            std::mem::forget(leak);
            assert!(others < 2, "no connection is free");
            tokio::task::yield_now().await;
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            return Ok(());
        }
        assert!(others == 0 || !self.has(Fault::OneAtATime), "busy");
        tokio::task::yield_now().await;
        assert!(!self.has(Fault::PanicsAtEmoji) || !created.status.name.contains('😀'));
        if self.has(Fault::OverflowsFarAway) {
            let years = created.at_ms / 86_400_000 / 365;
            assert!((0..300).contains(&years), "the date is out of range");
        }
        if self.refuses(created) {
            return Err(HookError::Permanent("no".into()));
        }
        self.dealt_with()
            .push((created.event_id, created.status.id.clone()));
        Ok(())
    }

    async fn post_update(&self, updated: &StatusUpdated) -> Result<(), HookError> {
        let is_again = self.is_again(updated.event_id, &updated.status.id);
        let refuses = is_again && self.has(Fault::RefusesAnUpdateAgain);
        refuse_if(refuses || self.has(Fault::RefusesUpdates))
    }

    async fn post_delete(&self, deleted: &StatusDeleted) -> Result<(), HookError> {
        assert!(!self.has(Fault::PanicsAtDeletions), "gone");
        let is_again = self.is_again(deleted.event_id, &deleted.status.id);
        refuse_if(is_again && self.has(Fault::RefusesADeletionAgain))
    }

    async fn status_changed(&self, changed: &UserStatusChanged) -> Result<(), HookError> {
        let is_again = self.is_again(changed.event_id, &changed.user.id);
        let refuses = is_again && self.has(Fault::RefusesAStatusChangeAgain);
        refuse_if(refuses || changed.source.is_none() && self.has(Fault::NeedsASource))
    }
}

fn refuse_if(refuses: bool) -> Result<(), HookError> {
    if refuses {
        return Err(HookError::Retry("not now".into()));
    }
    Ok(())
}

/// Counts a delivery as ended when it completes or is dropped.
struct DropCount<'a>(&'a AtomicUsize);

impl Drop for DropCount<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The checks that fail for a hook with this fault, each tried on a new hook.
async fn caught_by(fault: Fault) -> Vec<&'static str> {
    let mut caught = Vec::new();
    if conformance::has_a_usable_name(&Faulty::with(fault)).is_err() {
        caught.push("has_a_usable_name");
    }
    macro_rules! try_each {
        ($($check:ident),*) => {$(
            if conformance::$check(&Faulty::with(fault)).await.is_err() {
                caught.push(stringify!($check));
            }
        )*};
    }
    try_each!(
        accepts_ordinary_events,
        accepts_a_redelivery,
        accepts_a_number_used_again,
        accepts_every_name,
        accepts_an_empty_status_type,
        accepts_distant_dates,
        accepts_two_at_once,
        survives_being_dropped,
        accepts_updates,
        accepts_deletions,
        accepts_status_changes
    );
    caught
}

#[tokio::test]
async fn a_good_hook_passes_every_check() {
    conformance::check(&Faulty::with(Fault::None))
        .await
        .unwrap();
    assert_eq!(caught_by(Fault::None).await, [""; 0]);
}

#[tokio::test]
async fn each_fault_is_caught_only_by_its_own_check() {
    let cases = [
        (Fault::EmptyName, "has_a_usable_name"),
        (Fault::LoudName, "has_a_usable_name"),
        (Fault::ChangingName, "has_a_usable_name"),
        (Fault::RefusesAway, "accepts_ordinary_events"),
        (Fault::RefusesAgain, "accepts_a_redelivery"),
        (Fault::RefusesLowerNumbers, "accepts_a_number_used_again"),
        (Fault::PanicsAtEmoji, "accepts_every_name"),
        (Fault::NeedsAType, "accepts_an_empty_status_type"),
        (Fault::OverflowsFarAway, "accepts_distant_dates"),
        (Fault::OneAtATime, "accepts_two_at_once"),
        (Fault::LeaksWhenDropped, "survives_being_dropped"),
        (Fault::RefusesUpdates, "accepts_updates"),
        (Fault::RefusesAnUpdateAgain, "accepts_updates"),
        (Fault::PanicsAtDeletions, "accepts_deletions"),
        (Fault::RefusesADeletionAgain, "accepts_deletions"),
        (Fault::RefusesAStatusChangeAgain, "accepts_status_changes"),
        (Fault::NeedsASource, "accepts_status_changes"),
    ];
    for (fault, check) in cases {
        assert_eq!(caught_by(fault).await, [check], "{fault:?}");
        assert!(
            conformance::check(&Faulty::with(fault)).await.is_err(),
            "check() misses {fault:?}"
        );
    }
}

#[tokio::test]
async fn a_failure_names_the_event_and_the_reason() {
    let refused = conformance::check(&Faulty::with(Fault::OneAtATime)).await;
    assert_eq!(
        refused,
        Err("one of two at once was rejected: panicked: busy".into())
    );
    let refused = conformance::check(&Faulty::with(Fault::NeedsAType)).await;
    assert_eq!(
        refused,
        Err("an empty status type was rejected: permanent failure: no".into())
    );
    let cases = [
        (
            Fault::RefusesAnUpdateAgain,
            "an update, delivered again, was rejected: temporary failure: not now",
        ),
        (
            Fault::PanicsAtDeletions,
            "a deletion was rejected: panicked: gone",
        ),
        (
            Fault::NeedsASource,
            "the end of a status was rejected: temporary failure: not now",
        ),
    ];
    for (fault, sentence) in cases {
        let refused = conformance::check(&Faulty::with(fault)).await;
        assert_eq!(refused, Err(sentence.to_owned()), "{fault:?}");
    }
}
