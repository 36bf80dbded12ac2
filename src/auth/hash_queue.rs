//! The queue in front of password hashing, with limits on running and waiting callers. Networks
//! take turns. When the queue is full, the network with the most waiting callers loses its newest
//! slot to a network with fewer. One address can therefore use the whole queue while it is idle but
//! cannot lock others out.

use crate::domain::network::Network;
use crate::domain::{Error, Outage, Result};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The network of a caller, or `None` for the server itself.
type Key = Option<Network>;

/// The queue. Clones share its state.
#[derive(Debug, Clone)]
pub(crate) struct HashQueue(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// Unused permits.
    free: usize,
    /// The maximum number of waiting callers.
    capacity: usize,
    waiting: HashMap<Key, VecDeque<oneshot::Sender<Permit>>>,
    /// The keys of `waiting`, next first.
    order: VecDeque<Key>,
}

/// Permission to hash, until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit(Option<HashQueue>);

impl HashQueue {
    /// Creates a queue with `running` concurrent permits and `capacity` waiting slots.
    pub(crate) fn new(running: usize, capacity: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: running,
            capacity,
            waiting: HashMap::new(),
            order: VecDeque::new(),
        })))
    }

    /// Waits for a permit.
    ///
    /// # Errors
    /// `Unavailable` when the queue is full, either at once or because another network takes the
    /// slot.
    pub(crate) async fn enter(&self, key: Key) -> Result<Permit> {
        let waiting = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Ok(Permit(Some(self.clone())));
            }
            state.wait(key)?
        };
        waiting
            .await
            .map_err(|_| Error::unavailable(Outage::PasswordsBusy))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.state().free
    }
}

impl State {
    fn wait(&mut self, key: Key) -> Result<oneshot::Receiver<Permit>> {
        if self.len() >= self.capacity {
            self.remove_disconnected();
        }
        if self.len() >= self.capacity {
            self.make_room(key)?;
        }
        let (sender, receiver) = oneshot::channel();
        let waiting = self.waiting.entry(key).or_default();
        if waiting.is_empty() {
            self.order.push_back(key);
        }
        waiting.push_back(sender);
        Ok(receiver)
    }

    fn len(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    fn remove_disconnected(&mut self) {
        for waiting in self.waiting.values_mut() {
            waiting.retain(|sender| !sender.is_closed());
        }
        self.tidy();
    }

    /// Drops the newest caller of the network with the most, if that is more than `key` would have.
    fn make_room(&mut self, key: Key) -> Result<()> {
        let own = self.waiting.get(&key).map_or(0, VecDeque::len);
        let crowd = self
            .waiting
            .values_mut()
            .max_by_key(|waiting| waiting.len());
        let crowd = crowd.filter(|waiting| waiting.len() > own + 1);
        let refused = Error::unavailable(Outage::PasswordsBusy);
        crowd.ok_or(refused)?.pop_back();
        Ok(())
    }

    /// Removes and returns the next caller, alternating between networks.
    fn next(&mut self) -> Option<oneshot::Sender<Permit>> {
        let key = self.order.pop_front()?;
        let waiting = self.waiting.get_mut(&key)?;
        let next = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&key);
        } else {
            self.order.push_back(key);
        }
        next
    }

    fn tidy(&mut self) {
        self.waiting.retain(|_, waiting| !waiting.is_empty());
        let Self { waiting, order, .. } = self;
        order.retain(|key| waiting.contains_key(key));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(queue) = self.0.take() else {
            return;
        };
        let mut state = queue.state();
        while let Some(next) = state.next() {
            match next.send(Permit(Some(queue.clone()))) {
                Ok(()) => return,
                // The caller is gone. Pass the permit on here: the permit's own drop would wait for
                // this lock.
                Err(mut unused) => drop(unused.0.take()),
            }
        }
        state.free += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    fn key(n: u8) -> Key {
        Some(IpAddr::from([192, 0, 2, n]).into())
    }

    type Entering<'a> = Pin<Box<dyn Future<Output = Result<Permit>> + 'a>>;

    fn poll(entering: &mut Entering<'_>) -> Poll<Result<Permit>> {
        let mut context = Context::from_waker(Waker::noop());
        entering.as_mut().poll(&mut context)
    }

    /// Adds a caller of this network. Returns whether it waits; otherwise it was refused.
    fn enter(queue: &HashQueue, n: u8) -> (Entering<'_>, bool) {
        let mut entering: Entering<'_> = Box::pin(queue.enter(key(n)));
        let waits = poll(&mut entering).is_pending();
        (entering, waits)
    }

    #[test]
    fn one_network_may_fill_the_queue_but_yields_to_others() {
        let queue = HashQueue::new(1, 4);
        let mut running: Entering<'_> = Box::pin(queue.enter(None));
        let Poll::Ready(Ok(permit)) = poll(&mut running) else {
            panic!("there is a free permit");
        };
        let mut crowd: Vec<_> = (0..4).map(|_| enter(&queue, 1)).collect();
        assert!(crowd.iter().all(|(_, waits)| *waits));
        assert!(!enter(&queue, 1).1, "the queue is full");
        let (mut second, waits) = enter(&queue, 2);
        assert!(waits, "another network gets a place");
        let mut refused = |n: usize| matches!(poll(&mut crowd[n].0), Poll::Ready(Err(_)));
        assert_eq!([0, 1, 2, 3].map(&mut refused), [false, false, false, true]);
        let also = enter(&queue, 2);
        assert!(also.1, "as many as the first network");
        assert!(!enter(&queue, 2).1, "but not more");
        drop(permit);
        let Poll::Ready(Ok(first)) = poll(&mut crowd[0].0) else {
            panic!("the first caller is served first");
        };
        drop(first);
        assert!(poll(&mut second).is_ready(), "then the other network");
    }

    #[test]
    fn cancelled_callers_keep_neither_a_slot_nor_a_turn() {
        let queue = HashQueue::new(1, 2);
        let mut running: Entering<'_> = Box::pin(queue.enter(None));
        let Poll::Ready(Ok(permit)) = poll(&mut running) else {
            panic!("there is a free permit");
        };
        let gone = [enter(&queue, 1), enter(&queue, 1)];
        assert!(!enter(&queue, 1).1);
        drop(gone);
        let (mut stays, waits) = enter(&queue, 1);
        assert!(waits);
        let leaves = enter(&queue, 1);
        drop(permit);
        drop(leaves);
        let Poll::Ready(Ok(permit)) = poll(&mut stays) else {
            panic!("the permit was passed on");
        };
        drop(permit);
        assert_eq!(queue.free(), 1);
    }

    fn is_served(entering: &mut Entering<'_>) -> Permit {
        match poll(entering) {
            Poll::Ready(Ok(permit)) => permit,
            other => panic!("no permit: {other:?}"),
        }
    }

    #[test]
    fn networks_take_turns_until_each_caller_was_served() {
        let queue = HashQueue::new(1, 3);
        let mut running: Entering<'_> = Box::pin(queue.enter(None));
        let permit = is_served(&mut running);
        let (mut first, mut third) = (enter(&queue, 1).0, enter(&queue, 1).0);
        let mut second = enter(&queue, 2).0;
        drop(permit);
        drop(is_served(&mut first));
        drop(is_served(&mut second));
        drop(is_served(&mut third));
        let state = queue.state();
        assert_eq!(state.free, 1);
        assert!(state.waiting.is_empty() && state.order.is_empty());
    }

    #[test]
    fn callers_who_left_do_not_stop_another_network() {
        let queue = HashQueue::new(1, 2);
        let mut running: Entering<'_> = Box::pin(queue.enter(None));
        let permit = is_served(&mut running);
        drop([enter(&queue, 1), enter(&queue, 1)]);
        let (mut stays, waits) = enter(&queue, 2);
        assert!(waits);
        drop(permit);
        drop(is_served(&mut stays));
    }

    #[test]
    fn a_network_takes_no_place_if_it_would_then_have_more_than_the_other() {
        let queue = HashQueue::new(1, 3);
        let mut running: Entering<'_> = Box::pin(queue.enter(None));
        let _turn = is_served(&mut running);
        let _crowd: Vec<_> = (0..3).map(|_| enter(&queue, 1)).collect();
        let (_second, waits) = enter(&queue, 2);
        assert!(waits, "three places against none");
        assert!(!enter(&queue, 2).1, "two places against one");
    }

    #[test]
    fn a_turn_given_to_a_cancelled_caller_is_released() {
        let queue = HashQueue::new(1, 2);
        let mut running: Entering<'_> = Box::pin(queue.enter(None));
        let permit = poll(&mut running);
        let waiting = enter(&queue, 1);
        drop(permit);
        assert_eq!(queue.free(), 0, "the waiting caller has it");
        drop(waiting);
        assert_eq!(queue.free(), 1);
    }
}
