//! The load programs of `benches/`: what they count and report. No test measures speed.

mod live;
mod load;
