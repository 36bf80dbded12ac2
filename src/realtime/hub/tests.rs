//! Live topics and mailboxes: who receives what, and who is interrupted.

use super::*;
use crate::domain::{Setting, UserId, UserStatus, Username};
use mailbox::CAPACITY;
use std::cell::Cell;
use std::time::Duration;

/// A numbered message, which no other message replaces.
fn number(n: usize) -> News {
    News::Setting(Setting::SiteName, n.to_string().as_str().into())
}

fn shown(user: &str, text: &str) -> News {
    News::Shown(ShownUser {
        user: UserId::new(user),
        username: Username::stored(user.to_owned()),
        name: String::new(),
        roles: Vec::new(),
        status: UserStatus::Busy,
        text: text.to_owned(),
        source: None,
        expires_at: None,
    })
}

fn of(user: &str) -> Topic {
    Topic::StatusOf(UserId::new(user))
}

fn ann() -> Topic {
    Topic::OwnUser(UserId::new("ann"))
}

/// The messages waiting for `listener` now.
async fn received(listener: &Listener) -> Vec<News> {
    let next = tokio::time::timeout(Duration::ZERO, listener.next()).await;
    let messages = next.unwrap_or_default();
    messages.iter().map(|m| m.news().clone()).collect()
}

async fn interrupt(listener: &Listener) -> Option<Interrupt> {
    tokio::time::timeout(Duration::ZERO, listener.interrupt())
        .await
        .ok()
}

/// Creates a listener of `topics`.
fn listener(live: &Arc<Live>, topics: &[Topic]) -> Listener {
    let mut listener = live.listen();
    for topic in topics {
        listener.subscribe(topic.clone());
    }
    listener
}

#[tokio::test]
async fn messages_arrive_in_publishing_order_across_topics() {
    let live = Arc::<Live>::default();
    let listener = listener(&live, &[Topic::Settings, Topic::Names]);
    for n in 0..100 {
        let topic = [Topic::Settings, Topic::Names][n % 2].clone();
        live.publish(&topic, || number(n));
    }
    let expected: Vec<_> = (0..100).map(number).collect();
    assert_eq!(received(&listener).await, expected);
    assert_eq!(received(&listener).await, [], "each once");
}

#[tokio::test]
async fn a_waiting_listener_is_woken_and_cancelling_the_wait_loses_nothing() {
    let live = Arc::<Live>::default();
    let listener = listener(&live, &[Topic::Settings]);
    let (messages, ()) = tokio::join!(listener.next(), async {
        live.publish(&Topic::Settings, || number(1));
    });
    assert_eq!(messages.len(), 1);
    let given_up = tokio::time::timeout(Duration::ZERO, listener.next()).await;
    assert!(given_up.is_err());
    live.publish(&Topic::Settings, || number(2));
    assert_eq!(received(&listener).await, [number(2)]);
}

#[tokio::test]
async fn repeated_subscriptions_deliver_a_message_once() {
    let live = Arc::<Live>::default();
    let mut listener = listener(&live, &[Topic::Settings, Topic::Settings]);
    live.publish(&Topic::Settings, || number(1));
    assert_eq!(received(&listener).await, [number(1)]);
    listener.unsubscribe(&Topic::Settings);
    assert!(!live.has(&Topic::Settings));
}

#[tokio::test]
async fn a_message_is_built_only_for_listeners_and_only_once() {
    let live = Arc::<Live>::default();
    let _other = listener(&live, &[Topic::Names]);
    live.publish(&Topic::Settings, || panic!("there is no listener"));
    let many: Vec<_> = (0..10)
        .map(|_| listener(&live, &[Topic::Settings]))
        .collect();
    let (made, encoded) = (Cell::new(0), Cell::new(0));
    live.publish(&Topic::Settings, || {
        made.set(made.get() + 1);
        number(1)
    });
    for listener in &many {
        let [message] = &listener.next().await[..] else {
            panic!("one message");
        };
        let bytes = message.encoded(|_| {
            encoded.set(encoded.get() + 1);
            "made".into()
        });
        assert_eq!((bytes, message.topic()), ("made".into(), &Topic::Settings));
    }
    assert_eq!((made.get(), encoded.get()), (1, 1));
}

/// Shows ann: bob receives the second form, and cid receives nothing.
fn show_ann(live: &Arc<Live>, built: &Cell<usize>) {
    let choose = |viewer: Option<&UserId>| match viewer.map(UserId::as_str) {
        Some("bob") => Form::Second,
        Some("cid") | None => Form::Neither,
        Some(_) => Form::First,
    };
    let build = |text| {
        built.set(built.get() + 1);
        shown("ann", text)
    };
    let forms: [&dyn Fn() -> News; 2] = [&|| build("here"), &|| build("hidden")];
    live.publish_by_viewer(&Topic::Statuses, choose, forms);
}

#[tokio::test]
async fn each_viewer_receives_the_chosen_form_which_is_built_once() {
    let (live, built) = (Arc::<Live>::default(), Cell::new(0));
    let of_viewer = |viewer: Option<&str>| {
        let listener = listener(&live, &[Topic::Statuses]);
        listener.set_viewer(viewer.map(UserId::new));
        listener
    };
    let (bob, dan) = (Some("bob"), Some("dan"));
    let listeners = [bob, bob, dan, dan, Some("cid"), None].map(of_viewer);
    show_ann(&live, &built);
    let (here, hidden) = (shown("ann", "here"), shown("ann", "hidden"));
    let expected = [
        vec![hidden.clone()],
        vec![hidden],
        vec![here.clone()],
        vec![here],
        vec![],
        vec![],
    ];
    for (listener, expected) in listeners.iter().zip(expected) {
        assert_eq!(received(listener).await, expected);
    }
    assert_eq!(built.get(), 2);
    drop(listeners);
    let _cid = of_viewer(Some("cid"));
    show_ann(&live, &built);
    assert_eq!(built.get(), 2, "a form that no listener receives");
}

#[tokio::test]
async fn a_listener_receives_the_forms_of_its_current_viewer() {
    let (live, built) = (Arc::<Live>::default(), Cell::new(0));
    let listener = listener(&live, &[Topic::Statuses]);
    for (viewer, expected) in [
        (None, vec![]),
        (Some("bob"), vec![shown("ann", "hidden")]),
        (Some("dan"), vec![shown("ann", "here")]),
        (Some("cid"), vec![]),
    ] {
        listener.set_viewer(viewer.map(UserId::new));
        show_ann(&live, &built);
        assert_eq!(received(&listener).await, expected, "{viewer:?}");
    }
}

#[tokio::test]
async fn each_form_replaces_the_other_that_still_waits() {
    let live = Arc::<Live>::default();
    let listener = listener(&live, &[Topic::Statuses]);
    let hidden = || match shown("ann", "hidden") {
        News::Shown(shown) => News::Hidden(shown),
        other => other,
    };
    live.publish(&Topic::Statuses, || shown("ann", "here"));
    live.publish(&Topic::Statuses, hidden);
    assert_eq!(received(&listener).await, [hidden()]);
    live.publish(&Topic::Statuses, hidden);
    live.publish(&Topic::Statuses, || shown("ann", "here"));
    assert_eq!(received(&listener).await, [shown("ann", "here")]);
}

#[tokio::test]
async fn unsubscribing_drops_waiting_messages_too() {
    let live = Arc::<Live>::default();
    let (mut one, other) = (
        listener(&live, &[Topic::Settings, Topic::Names]),
        listener(&live, &[Topic::Settings]),
    );
    live.publish(&Topic::Settings, || number(1));
    one.unsubscribe(&Topic::Settings);
    one.unsubscribe(&Topic::Roles);
    live.publish(&Topic::Settings, || number(2));
    live.publish(&Topic::Names, || number(3));
    assert_eq!(received(&one).await, [number(3)]);
    assert_eq!(received(&other).await, [number(1), number(2)]);
    one.subscribe(Topic::Settings);
    live.publish(&Topic::Settings, || number(4));
    assert_eq!(received(&one).await, [number(4)]);
}

#[tokio::test]
async fn a_newer_status_of_a_user_replaces_older_ones_of_its_topic() {
    let live = Arc::<Live>::default();
    let listener = listener(&live, &[Topic::Statuses, of("ann"), Topic::Settings]);
    for (topic, news) in [
        (Topic::Statuses, shown("ann", "old")),
        (of("ann"), shown("ann", "old, by id")),
        (Topic::Settings, number(1)),
        (Topic::Statuses, shown("bob", "bob's")),
        (Topic::Settings, number(1)),
        (Topic::Statuses, shown("ann", "new")),
        (Topic::Statuses, shown("ann", "newest")),
    ] {
        live.publish(&topic, || news);
    }
    let expected = [
        shown("ann", "old, by id"),
        number(1),
        shown("bob", "bob's"),
        number(1),
        shown("ann", "newest"),
    ];
    assert_eq!(received(&listener).await, expected);
    live.publish(&Topic::Statuses, || shown("ann", "later"));
    assert_eq!(received(&listener).await, [shown("ann", "later")]);
}

#[tokio::test]
async fn a_mailbox_holds_1024_messages_and_one_more_overruns_it() {
    assert_eq!(CAPACITY, 1024);
    let live = Arc::<Live>::default();
    let (slow, quick) = (
        listener(&live, &[Topic::Settings]),
        listener(&live, &[Topic::Settings]),
    );
    for n in 0..CAPACITY {
        live.publish(&Topic::Settings, || number(n));
    }
    assert_eq!(interrupt(&slow).await, None);
    assert_eq!(received(&quick).await.len(), CAPACITY);
    live.publish(&Topic::Settings, || number(CAPACITY));
    live.publish(&Topic::Settings, || number(CAPACITY + 1));
    assert_eq!(received(&slow).await, [], "the mailbox was cleared");
    assert_eq!(interrupt(&slow).await, Some(Interrupt::Overrun));
    assert_eq!(interrupt(&slow).await, None, "reported once");
    assert_eq!(interrupt(&quick).await, None);
    assert_eq!(received(&quick).await.len(), 2, "others lose nothing");
    live.publish(&Topic::Settings, || number(7));
    assert_eq!(
        received(&slow).await,
        [number(7)],
        "later messages are kept"
    );
}

#[tokio::test]
async fn a_full_mailbox_accepts_a_replacement() {
    let live = Arc::<Live>::default();
    let listener = listener(&live, &[Topic::Settings, Topic::Statuses]);
    live.publish(&Topic::Statuses, || shown("ann", "old"));
    for n in 1..CAPACITY {
        live.publish(&Topic::Settings, || number(n));
    }
    for _ in 0..10 {
        live.publish(&Topic::Statuses, || shown("ann", "new"));
    }
    assert_eq!(interrupt(&listener).await, None);
    let messages = received(&listener).await;
    assert_eq!(messages.len(), CAPACITY);
    assert_eq!(messages.last(), Some(&shown("ann", "new")));
}

#[tokio::test]
async fn ended_logins_bypass_a_full_mailbox() {
    let live = Arc::<Live>::default();
    let listener = listener(&live, &[Topic::Settings, ann()]);
    for n in 0..CAPACITY {
        live.publish(&Topic::Settings, || number(n));
    }
    live.publish(&ann(), || News::LoginsEnded);
    live.publish(&ann(), || News::LoginsEnded);
    assert_eq!(interrupt(&listener).await, Some(Interrupt::LoginsEnded));
    assert_eq!(interrupt(&listener).await, None);
    assert_eq!(
        received(&listener).await.len(),
        CAPACITY,
        "no message is lost"
    );
}

#[tokio::test]
async fn ended_logins_are_reported_after_an_overrun_too() {
    let live = Arc::<Live>::default();
    let listener = listener(&live, &[Topic::Settings, ann()]);
    for n in 0..=CAPACITY {
        live.publish(&Topic::Settings, || number(n));
    }
    live.publish(&ann(), || News::LoginsEnded);
    let both = [interrupt(&listener).await, interrupt(&listener).await];
    assert_eq!(
        both,
        [Some(Interrupt::Overrun), Some(Interrupt::LoginsEnded)]
    );
}

#[tokio::test]
async fn messages_withheld_before_an_interrupt_arrive_after_it() {
    let live = Arc::<Live>::default();
    let listener = listener(&live, &[Topic::Settings, ann()]);
    let next = listener.next();
    tokio::pin!(next);
    assert!(futures_util::poll!(next.as_mut()).is_pending());
    live.publish(&ann(), || News::LoginsEnded);
    live.publish(&Topic::Settings, || number(1));
    assert!(futures_util::poll!(next.as_mut()).is_pending());
    assert_eq!(interrupt(&listener).await, Some(Interrupt::LoginsEnded));
    let next = tokio::time::timeout(Duration::ZERO, next).await.unwrap();
    assert_eq!(*next[0].news(), number(1));
}

#[tokio::test]
async fn the_backlog_is_the_number_of_listeners_with_waiting_messages() {
    let live = Arc::<Live>::default();
    let topics = [Topic::Settings];
    let (one, other) = (listener(&live, &topics), listener(&live, &topics));
    assert_eq!(live.backlog(), 0);
    for n in [1, 2] {
        live.publish(&Topic::Settings, || number(n));
        assert_eq!(live.backlog(), 2);
    }
    received(&one).await;
    assert_eq!(live.backlog(), 1);
    drop(other);
    assert_eq!(live.backlog(), 0);
}

#[tokio::test]
async fn a_reload_interrupts_every_listener_with_a_topic() {
    let live = Arc::<Live>::default();
    let (one, idle) = (listener(&live, &[Topic::Settings]), live.listen());
    live.publish(&Topic::Settings, || number(1));
    live.ask_all_to_reload();
    assert_eq!(live.generation(), 1);
    assert_eq!(received(&one).await, []);
    assert_eq!(interrupt(&one).await, Some(Interrupt::Overrun));
    assert_eq!(interrupt(&idle).await, None);
}

#[tokio::test]
async fn a_listener_that_is_dropped_leaves_nothing_behind() {
    let live = Arc::<Live>::default();
    assert!(!live.has_listeners());
    let topics = [Topic::Settings, of("ann"), ann()];
    let (one, other) = (listener(&live, &topics), listener(&live, &topics[..1]));
    let mailbox = Arc::downgrade(&one.mailbox);
    drop(one);
    assert!(live.has_listeners() && live.has(&Topic::Settings));
    assert!(!live.has(&of("ann")) && !live.has(&ann()));
    assert!(mailbox.upgrade().is_none());
    live.publish(&Topic::Settings, || number(1));
    assert_eq!(received(&other).await, [number(1)]);
    drop(other);
    assert!(!live.has_listeners());
    assert!(live.topics().is_empty());
}
