//! The default retry schedule of hooks.

use std::time::Duration;

/// The waits between delivery attempts: 1 s, doubled up to 10 minutes. After 16 attempts over 67
/// minutes the delivery is parked.
pub const RETRY_WAITS: [Duration; 15] = {
    let mut waits = [Duration::from_secs(600); 15];
    let mut n = 0;
    while n < 10 {
        waits[n] = Duration::from_secs(1 << n);
        n += 1;
    }
    waits
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_minutes() {
        let seconds = RETRY_WAITS.map(|wait| wait.as_secs());
        let expected = [
            1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, 600, 600,
        ];
        assert_eq!(seconds, expected);
    }
}
