//! Which viewers receive which form of a user's status.

use crate::app::visibility_cache::VisibilitySnapshot;
use crate::domain::{StatusVisibility, UserId};
use crate::realtime::hub::{Form, Live, News, Topic};

/// The viewers of a user's status.
pub(super) struct Viewers<'a> {
    pub(super) user: &'a UserId,
    /// The user's rules as of the state that is published. That state may be newer than the event
    /// that it is published for.
    pub(super) rules: &'a StatusVisibility,
    /// The rules of now, and the settings.
    pub(super) now: &'a VisibilitySnapshot,
}

/// A change of a user's rules.
pub(super) struct RuleChange {
    pub(super) before: StatusVisibility,
    pub(super) after: StatusVisibility,
}

impl Viewers<'_> {
    /// Publishes a status to those who may see it. The others receive nothing: whatever happens to
    /// a hidden status is hidden, too.
    pub(super) fn show(&self, live: &Live, topic: &Topic, news: &dyn Fn() -> News) {
        if self.is_open() {
            return live.publish(topic, news);
        }
        let choose = |viewer: Option<&UserId>| match self.hides_from(viewer) {
            true => Form::Neither,
            false => Form::First,
        };
        live.publish_by_viewer(topic, choose, [news, news]);
    }

    /// Publishes the form for those that the status is hidden from, because the user's names or
    /// roles changed, which are not hidden.
    pub(super) fn show_hidden(&self, live: &Live, topic: &Topic, news: &dyn Fn() -> News) {
        if self.is_open() {
            return;
        }
        let choose = |viewer: Option<&UserId>| match self.hides_from(viewer) {
            true if viewer.is_some() => Form::Second,
            _ => Form::Neither,
        };
        live.publish_by_viewer(topic, choose, [news, news]);
    }

    /// Publishes each form to the viewers that it is new to after a change of the rules.
    pub(super) fn follow(
        &self,
        live: &Live,
        topic: &Topic,
        change: &RuleChange,
        forms: [&dyn Fn() -> News; 2],
    ) {
        let switches = self.now.switches();
        let hides =
            |rules: &StatusVisibility, viewer: &UserId| rules.hides(self.user, viewer, switches);
        let choose = |viewer: Option<&UserId>| match viewer {
            Some(viewer) => match [&change.before, &change.after].map(|rules| hides(rules, viewer))
            {
                [false, true] => Form::Second,
                [true, false] if !self.hides_from(Some(viewer)) => Form::First,
                _ => Form::Neither,
            },
            None => Form::Neither,
        };
        live.publish_by_viewer(topic, choose, forms);
    }

    /// Returns whether everyone may see the status.
    pub(super) fn is_open(&self) -> bool {
        self.rules.is_open() && self.now.is_open_about(self.user)
    }

    /// Returns whether the status is hidden from `viewer` by the rules of its time or of now. An
    /// unknown viewer sees no status that has rules.
    fn hides_from(&self, viewer: Option<&UserId>) -> bool {
        viewer.is_none_or(|viewer| {
            self.rules.hides(self.user, viewer, self.now.switches())
                || self.now.hides(self.user, viewer)
        })
    }
}
