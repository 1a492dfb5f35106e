//! Times from untrusted sources: servers, storage, and clocks that can be set to anything.
//!
//! All are in milliseconds since the epoch. They are limited here only, so that sums of them never overflow.

/// The last time that a JavaScript `Date` can represent (ECMA-262, "Time Values and Time Range"). It replaces all later times,
/// because rows store the text of a `Date`, and an app's session hook gets one.
pub(crate) const LAST_MOMENT: u64 = 8_640_000_000_000_000;

/// A time that was read from storage; `None` if a `Date` cannot represent it.
#[cfg(any(test, target_arch = "wasm32"))]
pub(crate) fn moment(milliseconds: f64) -> Option<u64> {
    let is_moment = (0.0..=LAST_MOMENT as f64).contains(&milliseconds);
    is_moment.then_some(milliseconds as u64)
}

/// A difference of two clocks that was read from storage; 0 if it exceeds the range of a `Date`.
#[cfg(any(test, target_arch = "wasm32"))]
pub(crate) fn clock_offset(milliseconds: f64) -> i64 {
    let is_offset = milliseconds.abs() <= LAST_MOMENT as f64;
    if is_offset { milliseconds as i64 } else { 0 }
}

/// A time plus a difference of any size.
pub(crate) fn shifted(at: u64, by: i64) -> u64 {
    at.saturating_add_signed(by).min(LAST_MOMENT)
}

/// The time of expiry after a lifetime in seconds of any size (RFC 6749 section 5.1, `expires_in`).
pub(crate) fn expiry(requested_at: u64, seconds: f64) -> u64 {
    // The conversion maps NaN and negative numbers to 0.
    let lifetime = (seconds * 1000.0) as u64;
    requested_at.saturating_add(lifetime).min(LAST_MOMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_date_cannot_hold_is_no_moment() {
        for (given, expected) in [
            (0.0, Some(0)),
            (1.9, Some(1)),
            (8.64e15, Some(LAST_MOMENT)),
            (8.64e15 + 1.0, None),
            (1e300, None),
            (f64::INFINITY, None),
            (-1.0, None),
            (f64::NAN, None),
        ] {
            assert_eq!(moment(given), expected, "{given}");
        }
    }

    #[test]
    fn a_difference_that_no_clocks_have_is_none() {
        for (given, expected) in [
            (-3_600_000.0, -3_600_000),
            (8.64e15, 8_640_000_000_000_000),
            (1e300, 0),
            (f64::NEG_INFINITY, 0),
            (f64::NAN, 0),
        ] {
            assert_eq!(clock_offset(given), expected, "{given}");
        }
    }

    #[test]
    fn a_time_never_leaves_what_a_date_can_hold() {
        for (at, by, expected) in [
            (5, -3, 2),
            (5, -9, 0),
            (0, i64::MIN, 0),
            (u64::MAX, 0, LAST_MOMENT),
            (u64::MAX, i64::MAX, LAST_MOMENT),
            (LAST_MOMENT, 1, LAST_MOMENT),
            (LAST_MOMENT, -1, LAST_MOMENT - 1),
        ] {
            assert_eq!(shifted(at, by), expected, "{at} {by}");
        }
    }

    #[test]
    fn lifetimes_of_any_size() {
        const NOW: u64 = 1_767_225_600_000;
        for (seconds, expected) in [
            (0.0, NOW),
            (1.5, NOW + 1_500),
            (3600.0, NOW + 3_600_000),
            (8.64e12, LAST_MOMENT),
            (9_007_199_254_740_991.0, LAST_MOMENT),
            (1e300, LAST_MOMENT),
            (f64::INFINITY, LAST_MOMENT),
            (-0.0, NOW),
            (-1.0, NOW),
            (-1e300, NOW),
            (f64::NAN, NOW),
        ] {
            assert_eq!(expiry(NOW, seconds), expected, "{seconds}");
        }
        assert_eq!(expiry(u64::MAX, 1.0), LAST_MOMENT);
    }
}
