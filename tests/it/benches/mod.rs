//! The load programs of `benches/`: their counts and reports. No test measures speed.

mod live;
mod load;
