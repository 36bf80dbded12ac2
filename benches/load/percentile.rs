//! Percentiles.

/// Returns the smallest value that at least `percent` of `sorted` do not exceed (nearest rank), so
/// always a measured one. Returns the default value for an empty slice. 0 is the minimum, 50 the
/// median, 100 the maximum.
pub fn percentile<T: Copy + Default>(sorted: &[T], percent: u32) -> T {
    let rank = (sorted.len() * percent as usize).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}
