//! Handles the outcome of each delivery: records it, schedules a retry, or parks the event.

use super::attempt::{Stopped, attempt};
use super::consumer_loop::{Delivery, STORE_PAUSE};
use super::pace::jitter;
use super::{Failure, Outcome};
use crate::domain::{Attribution, DeliveryRecord, DeliveryState, Event, EventId, Result};
use crate::store::FailedDelivery;
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;

impl Delivery {
    /// Attempts the event after the cursor once and applies the outcome.
    pub(super) async fn deliver(&mut self, event: &Event) -> std::result::Result<(), Stopped> {
        let failed = self.state.failed.filter(|it| it.event == event.id);
        let number = failed.map_or(0, |failed| failed.attempts) + 1;
        let outcome = self.attempt(event, number).await?;
        let record = self.record_of(event.id, number, outcome.clone());
        match (outcome.failure, record.state) {
            (None, _) => {
                self.state.cursor.event = event.id;
                self.delivered += 1;
                if failed.is_some() || !record.notes.is_empty() {
                    self.unsaved.push(record);
                }
                self.state.failed = self.state.failed.filter(|it| it.event != event.id);
                Ok(())
            }
            (Some(Failure::Gone(reason)), _) => self.disable(record, reason).await,
            (Some(_), DeliveryState::Retrying) => {
                let failed = record.next_at.map(|next_at| FailedDelivery {
                    event: event.id,
                    attempts: number,
                    at: record.at,
                    next_at,
                });
                let wait = failed.map_or(Duration::ZERO, |failed| failed.wait_at(record.at));
                (self.state.failed, self.due) = (failed, Instant::now() + wait);
                self.unsaved.push(record);
                self.save().await
            }
            (Some(_), _) => self.park(record).await,
        }
    }

    async fn attempt(
        &mut self,
        event: &Event,
        number: u32,
    ) -> std::result::Result<Outcome, Stopped> {
        let (consumer, limit, stop) = (self.consumer.clone(), self.pace.limit, self.stop.clone());
        let mut attempt = pin!(attempt(&*consumer, event, number, limit, &stop));
        let outcome = loop {
            let (is_saved, until) = (self.delivered == 0, self.next_save());
            tokio::select! {
                outcome = &mut attempt => break outcome?,
                () = tokio::time::sleep_until(until), if !is_saved => {}
            }
            // Earlier deliveries must not wait for a slow one. A failure to save is handled afterwards.
            let _ = self.try_save().await;
        };
        if let Some(failure) = &outcome.failure {
            tracing::warn!(
                consumer = consumer.name(),
                event = event.id.as_u64(),
                attempt = number,
                reason = failure.reason(),
                lasting = matches!(failure, Failure::Permanent(_) | Failure::Gone(_)),
                "a delivery failed"
            );
        }
        Ok(outcome)
    }

    /// Builds the record of attempt number `attempts`.
    fn record_of(&self, event: EventId, attempts: u32, outcome: Outcome) -> DeliveryRecord {
        let now = self.shared.clock.now();
        let wait = outcome
            .failure
            .as_ref()
            .and_then(|failure| failure.wait(self.pace.wait(attempts, jitter())));
        let state = match (&outcome.failure, wait) {
            (None, _) => DeliveryState::Delivered,
            (Some(_), Some(_)) => DeliveryState::Retrying,
            (Some(_), None) => DeliveryState::Parked,
        };
        DeliveryRecord {
            event,
            state,
            attempts,
            reason: outcome
                .failure
                .map_or_else(String::new, |failure| failure.reason().to_owned()),
            notes: outcome.notes,
            at: now,
            next_at: wait.map(|wait| now.after(wait)),
        }
    }

    /// Parks an event. The next one is delivered only once that is saved.
    async fn park(&mut self, record: DeliveryRecord) -> std::result::Result<(), Stopped> {
        self.state.cursor.event = record.event;
        self.state.failed = None;
        self.unsaved.push(record);
        self.save().await
    }

    /// Parks an event that cannot be read: retrying would hold up all later events.
    pub(super) async fn pass_unreadable(
        &mut self,
        event: EventId,
        reason: &str,
    ) -> std::result::Result<(), Stopped> {
        tracing::error!(
            consumer = self.consumer.name(),
            event = event.as_u64(),
            reason,
            "cannot read an event"
        );
        let failure = Failure::Permanent(format!("cannot read the event: {reason}"));
        self.park(self.record_of(event, 0, failure.into())).await
    }

    /// Disables the consumer. Once it is enabled again, this event is delivered first.
    async fn disable(
        &mut self,
        record: DeliveryRecord,
        reason: String,
    ) -> std::result::Result<(), Stopped> {
        let state = DeliveryState::Retrying;
        self.unsaved.push(DeliveryRecord { state, ..record });
        while let Err(error) = self.try_disable(&reason).await {
            // Retry any error: continuing would immediately resend the event to a receiver that is
            // gone.
            self.log_failure(&error, "cannot disable the consumer; will retry");
            self.pause(STORE_PAUSE).await?;
        }
        Ok(())
    }

    async fn try_disable(&mut self, reason: &str) -> Result<()> {
        let (name, cursor) = (self.consumer.name(), self.state.cursor);
        let (records, reason) = (self.unsaved.clone(), reason.to_owned());
        let attribution = Attribution::server(self.shared.clock.now());
        let store = &self.shared.store;
        store
            .disable(name, cursor, records, reason, attribution)
            .await?;
        self.unsaved.clear();
        self.delivered = 0;
        self.changed.mark_changed(); // It is disabled now, or its cursor was moved.
        Ok(())
    }

    /// Attempts a parked event once, on request.
    pub(super) async fn deliver_again(
        &mut self,
        id: EventId,
        attempts: u32,
    ) -> std::result::Result<(), Stopped> {
        let found = match self.shared.store.events_after(id.before(), 1).await {
            Ok(found) => found,
            Err(error) => {
                self.log_failure(&error, "cannot read an event; will retry");
                return self.pause(STORE_PAUSE).await;
            }
        };
        let number = attempts.saturating_add(1);
        let outcome = match found.first() {
            Some(Ok(event)) if event.id == id => self.attempt(event, number).await?,
            _ => Failure::Permanent("the event no longer exists".to_owned()).into(),
        };
        let mut record = self.record_of(id, number, outcome);
        if record.state == DeliveryState::Retrying {
            (record.state, record.next_at) = (DeliveryState::Parked, None);
        }
        self.unsaved.push(record);
        // The reload saves it; more events may be queued for redelivery.
        self.changed.mark_changed();
        Ok(())
    }
}
