use super::*;

const NOW: u64 = 1_767_225_600_000;
const HOUR: u64 = 60 * 60 * 1000;
const MINUTE: u64 = 60 * 1000;
const FOREVER: u64 = u64::MAX;

#[test]
fn a_token_becomes_stale_10_to_40_seconds_before_it_expires() {
    for (expires_at, refresh_was_lost, random, expected) in [
        (Some(NOW), false, 0, Some(NOW - 10_000)),
        (Some(NOW), false, 1, Some(NOW - 10_001)),
        (Some(NOW), false, 29_999, Some(NOW - 39_999)),
        (Some(NOW), false, 30_000, Some(NOW - 10_000)),
        (Some(NOW), false, u16::MAX, Some(NOW - 15_535)),
        (Some(NOW), true, 29_999, Some(NOW)),
        (Some(5), false, 0, Some(0)),
        (None, false, 0, None),
        (None, true, 0, None),
    ] {
        let found = stale_at(expires_at, refresh_was_lost, random);
        assert_eq!(
            found, expected,
            "{expires_at:?} {refresh_was_lost} {random}"
        );
    }
}

#[test]
fn a_time_has_come_by_the_servers_clock() {
    for (at, now, clock_offset, expected) in [
        (Some(NOW), NOW - 1, 0, false),
        (Some(NOW), NOW, 0, true),
        (Some(NOW), NOW + 1, 0, true),
        (Some(NOW), NOW - 60_000, 59_999, false),
        (Some(NOW), NOW - 60_000, 60_000, true),
        (Some(NOW), NOW + 60_000, -60_001, false),
        (Some(NOW), NOW + 60_000, -60_000, true),
        (Some(0), 0, i64::MIN, true),
        (Some(1), time::LAST_MOMENT, i64::MIN, false),
        (None, FOREVER, 0, false),
    ] {
        let found = has_come(at, now, clock_offset);
        assert_eq!(found, expected, "{at:?} {now} {clock_offset}");
    }
}

#[test]
fn a_token_is_reported_expired_after_5_seconds() {
    for (expires_at, now, expected) in [
        (NOW, NOW, false),
        (NOW, NOW + 5_000, false),
        (NOW, NOW + 5_001, true),
        (0, 5_000, false),
        (0, 5_001, true),
        (FOREVER, FOREVER, false),
    ] {
        assert_eq!(
            is_reported_expired(expires_at, now),
            expected,
            "{expires_at} {now}"
        );
    }
}

#[test]
fn a_page_may_send_a_token_until_a_minute_before_it_expires() {
    for (expires_at, has_begun, is_refused, expected) in [
        (Some(NOW + HOUR), false, false, Some(NOW + HOUR - MINUTE)),
        (Some(MINUTE / 2), false, false, Some(0)),
        (None, false, false, None),
        (Some(NOW + HOUR), true, false, None),
        (Some(NOW + HOUR), false, true, None),
    ] {
        assert_eq!(
            resume_until(expires_at, has_begun, is_refused),
            expected,
            "{expires_at:?} {has_begun} {is_refused}"
        );
    }
}

#[test]
fn a_time_is_recent_within_its_lifetime() {
    for (at, expected) in [
        (1_000, true),
        (901, true),
        (900, false),
        (0, false),
        (1_099, true),
        (1_100, false),
        (FOREVER, false),
    ] {
        assert_eq!(is_recent(at, 1_000, 100), expected, "{at}");
    }
    assert!(!is_recent(0, FOREVER, 100));
}

#[test]
fn stored_metadata_serves_for_a_day() {
    for (verified_at, now, expected) in [
        (Some(NOW), NOW, true),
        (Some(NOW), NOW + 24 * HOUR - 1, true),
        (Some(NOW), NOW + 24 * HOUR, false),
        (Some(NOW + 24 * HOUR - 1), NOW, true),
        (Some(NOW + 24 * HOUR), NOW, false),
        (None, NOW, false),
        (None, 24 * HOUR - 1, true),
    ] {
        assert_eq!(
            stored_metadata_serves(verified_at, now),
            expected,
            "{verified_at:?} {now}"
        );
    }
}

#[test]
fn an_account_is_verified_again_after_10_minutes() {
    for (verified_at, now, expected) in [
        (Some(NOW), NOW, false),
        (Some(NOW), NOW + 10 * MINUTE - 1, false),
        (Some(NOW), NOW + 10 * MINUTE, true),
        (Some(NOW + 10 * MINUTE), NOW, true),
        (None, NOW, true),
        (None, 0, true),
    ] {
        assert_eq!(
            is_verification_due(verified_at, now),
            expected,
            "{verified_at:?} {now}"
        );
    }
}

#[test]
fn a_document_is_cached_for_a_minute() {
    for (read_at, now, expected) in [
        (NOW, NOW, true),
        (NOW, NOW + MINUTE - 1, true),
        (NOW, NOW + MINUTE, false),
        (NOW + MINUTE, NOW, false),
    ] {
        assert_eq!(
            cached_document_serves(read_at, now),
            expected,
            "{read_at} {now}"
        );
    }
}

#[test]
fn nonces_are_written_for_a_new_server_and_once_a_minute() {
    for (written, servers, now, expected) in [
        ((NOW, 1), 1, NOW, false),
        ((NOW, 1), 1, NOW + MINUTE - 1, false),
        ((NOW, 1), 1, NOW + MINUTE, true),
        ((NOW, 1), 2, NOW, true),
        ((NOW, 2), 1, NOW, true),
        ((0, 0), 0, NOW, true),
        ((NOW + MINUTE, 1), 1, NOW, true),
    ] {
        assert_eq!(
            are_nonces_due(written, servers, now),
            expected,
            "{written:?} {servers} {now}"
        );
    }
}

#[test]
fn a_sign_in_is_pending_for_10_minutes() {
    for (now, expected) in [
        (0, 10 * MINUTE),
        (NOW, NOW + 10 * MINUTE),
        (FOREVER, FOREVER),
    ] {
        assert_eq!(pending_until(now), expected, "{now}");
    }
}

#[test]
fn the_wait_for_the_lock_is_no_longer_than_for_a_token() {
    for (token_ms, expected) in [
        (1, 1),
        (4_999, 4_999),
        (5_000, 5_000),
        (30_000, 5_000),
        (u32::MAX, 5_000),
    ] {
        assert_eq!(lock_patience(token_ms), expected, "{token_ms}");
    }
}

#[test]
fn only_a_refresh_has_no_time_limit() {
    let limits = Timeouts {
        document_ms: 7,
        token_ms: 9,
    };
    for (is_document, is_refresh, expected) in [
        (true, false, Some(7)),
        (true, true, Some(7)),
        (false, false, Some(9)),
        (false, true, None),
    ] {
        let found = time_limit(&limits, is_document, is_refresh);
        assert_eq!(found, expected, "{is_document} {is_refresh}");
    }
}

#[test]
fn a_rejection_is_about_the_request() {
    for (status, expected) in [
        (200, false),
        (302, false),
        (399, false),
        (400, true),
        (401, true),
        (403, true),
        (407, true),
        (408, false),
        (409, true),
        (424, true),
        (425, false),
        (426, true),
        (428, true),
        (429, false),
        (430, true),
        (499, true),
        (500, false),
        (503, false),
    ] {
        assert_eq!(is_rejection(status), expected, "{status}");
    }
}

#[test]
fn a_clock_is_corrected_beyond_5_seconds() {
    let before = |ms| NOW - ms;
    for (offset, date, sent, received, expected) in [
        // Differences of up to 5 seconds count as none.
        (0, NOW, NOW, NOW, 0),
        (0, NOW + 5_000, NOW, NOW, 0),
        (0, NOW + 5_001, NOW, NOW, 5_001),
        (0, before(5_000), NOW, NOW, 0),
        (0, before(5_001), NOW, NOW, -5_001),
        // Any time between sending and receiving is right: a machine may sleep meanwhile.
        (0, NOW, NOW, NOW + HOUR, 0),
        (0, NOW + HOUR, NOW, NOW + HOUR, 0),
        (0, NOW + HOUR + 5_001, NOW, NOW + HOUR, 5_001),
        (0, before(5_001), NOW, NOW + HOUR, -5_001),
        // The known offset is confirmed, corrected, or found to be none.
        (60_000, NOW + 60_000, NOW, NOW, 60_000),
        (60_000, NOW + 65_000, NOW, NOW, 60_000),
        (60_000, NOW + 65_001, NOW, NOW, 65_001),
        (60_000, NOW + 54_999, NOW, NOW, 54_999),
        (60_000, NOW, NOW, NOW, 0),
        (60_000, NOW + 5_000, NOW, NOW, 0),
        (60_000, NOW + 5_001, NOW, NOW, 5_001),
        (-60_000, before(60_000), NOW, NOW, -60_000),
        (5_000, NOW + 5_000, NOW, NOW, 0),
        // No number is too large.
        (0, 0, NOW, NOW, -(NOW as i64)),
        (0, time::LAST_MOMENT, 0, 0, time::LAST_MOMENT as i64),
    ] {
        let found = corrected_offset(offset, date, sent, received);
        assert_eq!(found, expected, "{offset} {date} {sent} {received}");
    }
    corrected_offset(i64::MAX, FOREVER, FOREVER, 0);
    corrected_offset(i64::MIN, FOREVER, 0, FOREVER);
}

#[test]
fn less_than_a_second_is_no_difference_of_clocks() {
    for (clock_offset, expected) in [
        (0, None),
        (999, None),
        (-999, None),
        (1_000, Some(-1)),
        (-1_000, Some(1)),
        (-1_999, Some(1)),
        (-3_600_000, Some(3_600)),
        (i64::MIN, Some(i64::MAX / 1000)),
    ] {
        assert_eq!(seconds_ahead(clock_offset), expected, "{clock_offset}");
    }
}

#[test]
fn the_own_server_is_asked_unless_the_time_was_learned_meanwhile() {
    for (used, known, expected) in [(0, 0, true), (60_000, 60_000, true), (0, 60_000, false)] {
        assert_eq!(asks_own_server(used, known), expected, "{used} {known}");
    }
}

#[test]
fn a_correction_that_no_server_confirms_is_dropped() {
    for (is_confirmed, used, known, expected) in [
        (false, 60_000, 60_000, true),
        (false, 60_000, 90_000, false),
        (true, 60_000, 60_000, false),
        (true, 60_000, 90_000, false),
    ] {
        let found = drops_correction(is_confirmed, used, known);
        assert_eq!(found, expected, "{is_confirmed} {used} {known}");
    }
}

#[test]
fn a_proof_is_tried_once_with_a_nonce_and_once_with_a_time() {
    use ProofRetry::{ForgetTime, No, WithNonce, WithTime};
    let (nonce, time) = (Tried::NONCE, Tried::TIME);
    for (verdict, tried, has_nonce, expected, then) in [
        (Verdict::NonceDemanded, 0, true, WithNonce, nonce),
        (Verdict::NonceDemanded, nonce, true, No, nonce),
        (Verdict::NonceDemanded, 0, false, No, 0),
        (Verdict::NonceDemanded, time, true, WithNonce, nonce | time),
        (Verdict::ProofRefused, 0, false, WithTime, time),
        (Verdict::ProofRefused, nonce, true, WithTime, nonce | time),
        (Verdict::ProofRefused, time, true, ForgetTime, time),
        (Verdict::Done, 0, true, No, 0),
        (Verdict::TokenRefused, 0, true, No, 0),
        (Verdict::Unexplained, 0, true, No, 0),
    ] {
        let mut found = Tried(tried);
        let retry = proof_retry(verdict, &mut found, has_nonce);
        let case = format!("{verdict:?} {tried} {has_nonce}");
        assert_eq!((retry, found), (expected, Tried(then)), "{case}");
    }
}

#[test]
fn a_refused_token_is_replaced_once() {
    use RequestRetry::{EndSession, No, Proof, Refresh, RefreshInDoubt, Resend};
    let (all, token) = (Tried::NONCE | Tried::TIME | Tried::TOKEN, Tried::TOKEN);
    let others = Tried::NONCE | Tried::TIME;
    for (verdict, tried, is_current, is_over, expected, then) in [
        (Verdict::TokenRefused, 0, true, false, Refresh, token),
        (Verdict::TokenRefused, 0, true, true, Refresh, token),
        (Verdict::TokenRefused, 0, false, false, Resend, token),
        (Verdict::TokenRefused, 0, false, true, No, token),
        // The proof with the new token may be retried with a nonce and a time again.
        (Verdict::TokenRefused, others, true, false, Refresh, token),
        (Verdict::TokenRefused, token, true, false, EndSession, token),
        (Verdict::TokenRefused, all, true, true, EndSession, all),
        (Verdict::TokenRefused, token, false, false, No, token),
        (Verdict::Unexplained, 0, true, false, RefreshInDoubt, token),
        (
            Verdict::Unexplained,
            others,
            true,
            true,
            RefreshInDoubt,
            token,
        ),
        (Verdict::Unexplained, 0, false, false, Resend, token),
        (Verdict::Unexplained, 0, false, true, No, token),
        (Verdict::Unexplained, token, true, false, Proof, token),
        (Verdict::NonceDemanded, 0, true, false, Proof, 0),
        (Verdict::ProofRefused, all, false, true, Proof, all),
        (Verdict::Done, 0, true, false, Proof, 0),
    ] {
        let mut found = Tried(tried);
        let retry = request_retry(verdict, &mut found, is_current, is_over);
        let case = format!("{verdict:?} {tried} {is_current} {is_over}");
        assert_eq!((retry, found), (expected, Tried(then)), "{case}");
    }
}

#[test]
fn a_refusal_without_a_reason_has_one_refresh() {
    for (doubt, has_refresh_token, expected) in [
        (Doubt::None, true, true),
        (Doubt::Refreshing, true, true),
        (Doubt::Settled, true, false),
        (Doubt::None, false, false),
        (Doubt::Refreshing, false, false),
        (Doubt::Settled, false, false),
    ] {
        let found = may_refresh_in_doubt(doubt, has_refresh_token);
        assert_eq!(found, expected, "{doubt:?} {has_refresh_token}");
    }
    assert_eq!(doubt_after_failure(true), Doubt::None);
    assert_eq!(doubt_after_failure(false), Doubt::Settled);
}

#[test]
fn a_refresh_in_doubt_settles_it() {
    for (older, older_is_stale, has_same_key, expected) in [
        (Doubt::None, false, true, false),
        (Doubt::Refreshing, false, true, true),
        (Doubt::Settled, false, true, true),
        (Doubt::Refreshing, true, true, false),
        (Doubt::Settled, true, true, false),
        (Doubt::Refreshing, false, false, false),
        (Doubt::Settled, false, false, false),
    ] {
        let found = settles_doubt(older, older_is_stale, has_same_key);
        assert_eq!(found, expected, "{older:?} {older_is_stale} {has_same_key}");
    }
}
