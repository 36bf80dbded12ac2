//! A flood of events.

use crate::support::Client;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Creates statuses with six writers until it is dropped.
pub struct Flood(Arc<AtomicBool>);

impl Flood {
    pub fn begin(admin: &Client) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        for writer in 0..6 {
            let (admin, is_over) = (admin.clone(), is_over.clone());
            tokio::spawn(async move {
                for n in 0.. {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    admin.create(&format!("load {writer} {n}")).await;
                }
            });
        }
        Self(is_over)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
