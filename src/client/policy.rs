//! The client's policy: every time span and limit that it chooses, and every decision on them.
//!
//! Nothing here reads a clock, storage or the network: callers pass what they have read, and act on the result. Times are
//! in milliseconds since the epoch, spans in milliseconds, sizes in bytes.
//!
//! Limits that the layers below read themselves stay there: `http::MAX_BODY`, the defaults of `http::Timeouts`, and the
//! bounds of `Json::bounded`. `time::LAST_MOMENT` and the host's `LONGEST_WAIT` are facts of the Web, not choices.

use crate::http::Timeouts;
use crate::oauth::Verdict;
use crate::time;

/// A token is refreshed this long before it expires ...
const REFRESH_AHEAD: u64 = 10_000;
/// ... and up to this much longer, at random, so that many tabs do not all refresh at once.
const REFRESH_SPREAD: u64 = 30_000;

/// A page may send a token without asking the core until this long before it expires: before any tab refreshes it, and with
/// enough time left to load the core.
const RESUME_AHEAD: u64 = 60_000;
const _: () = assert!(RESUME_AHEAD >= REFRESH_AHEAD + REFRESH_SPREAD);

/// A token is reported to the app as expired this long after its time, as by the official client.
const EXPIRY_TOLERANCE: u64 = 5_000;

/// How long the stored metadata of a server may be used for a refresh. Every refresh also reads them again.
const SERVER_METADATA_LIFETIME: u64 = 24 * 60 * 60 * 1000;

/// How long an account counts as verified when its session is restored. The atproto OAuth specification requires identities
/// to be resolved again after 10 minutes at most ("Identity Authentication").
const VERIFICATION_LIFETIME: u64 = 10 * 60 * 1000;

/// How long a document is cached. The atproto OAuth specification asks for less than 10 minutes.
const DOCUMENT_LIFETIME: u64 = 60_000;

/// The shortest time between two writes of a session's nonces.
const NONCES_WRITTEN_FOR: u64 = 60_000;

/// The longest nonce that is used. Servers refuse headers of more than a few thousand bytes, and other code of the origin
/// can write to its storage.
pub(super) const LONGEST_NONCE: usize = 1_024;

/// Clocks that differ by no more than this show the same time: a `Date` has whole seconds, and a response takes a while
/// to arrive.
const CLOCK_TOLERANCE: i64 = 5_000;

/// How long a pending sign-in is kept.
const PENDING_LIFETIME: u64 = 10 * 60 * 1000;

/// How long an operation that must not wait indefinitely waits for the session lock before it continues without it.
const LOCK_PATIENCE: u32 = 5_000;

/// How long to wait for another tab to store the tokens of its refresh, if locks are not shared between tabs.
pub(super) const OTHER_TAB_PATIENCE: u32 = 1_000;

/// How long the page waits for its popup.
pub(super) const POPUP_PATIENCE: u32 = 5 * 60 * 1000;
/// How often it checks whether the popup is still open.
pub(super) const POPUP_CHECK_INTERVAL: u32 = 500;
/// How long the popup waits for the page's acknowledgement.
pub(super) const ACKNOWLEDGEMENT_PATIENCE: u32 = 500;

/// Whether `at` is less than `lifetime` away. A time far in the future is not recent either: a clock was wrong.
fn is_recent(at: u64, now: u64, lifetime: u64) -> bool {
    now.abs_diff(at) < lifetime
}

/// When to refresh a token; `random` spreads that. After a refresh whose response was lost, wait until the token expires: the
/// server may treat a second refresh as a replay, which ends the session.
pub(super) fn stale_at(
    expires_at: Option<u64>,
    refresh_was_lost: bool,
    random: u16,
) -> Option<u64> {
    let ahead = match refresh_was_lost {
        true => 0,
        false => REFRESH_AHEAD + u64::from(random) % REFRESH_SPREAD,
    };
    expires_at.map(|at| at.saturating_sub(ahead))
}

/// Until when a page may send a token without asking the core. `None` for a token without a time, for one whose session the
/// server has refused, and for one whose refresh has begun, because it may be spent.
pub(super) fn resume_until(
    expires_at: Option<u64>,
    refresh_has_begun: bool,
    is_refused: bool,
) -> Option<u64> {
    match refresh_has_begun || is_refused {
        true => None,
        false => expires_at.map(|at| at.saturating_sub(RESUME_AHEAD)),
    }
}

/// Whether a time of a server has come. `now` is this machine's time; the server's clock is ahead of it by `clock_offset`.
/// A token without a time never becomes stale and never expires.
pub(super) fn has_come(at: Option<u64>, now: u64, clock_offset: i64) -> bool {
    let now = time::shifted(now, clock_offset);
    at.is_some_and(|at| at <= now)
}

/// Whether to report a token to the app as expired.
pub(super) fn is_reported_expired(expires_at: u64, now: u64) -> bool {
    expires_at.saturating_add(EXPIRY_TOLERANCE) < now
}

/// Whether the stored metadata of a server may be used for a refresh. Metadata never verified count as verified at 0.
pub(super) fn stored_metadata_serves(verified_at: Option<u64>, now: u64) -> bool {
    is_recent(
        verified_at.unwrap_or_default(),
        now,
        SERVER_METADATA_LIFETIME,
    )
}

/// Whether to check, when a session is restored, that the account still belongs to its server.
pub(super) fn is_verification_due(verified_at: Option<u64>, now: u64) -> bool {
    verified_at.is_none_or(|at| !is_recent(at, now, VERIFICATION_LIFETIME))
}

/// Whether a document may come from the cache.
pub(super) fn cached_document_serves(read_at: u64, now: u64) -> bool {
    is_recent(read_at, now, DOCUMENT_LIFETIME)
}

/// Whether to write a session's nonces: at once for the first nonce of a server, and otherwise once a minute at most.
pub(super) fn are_nonces_due(written: (u64, usize), servers: usize, now: u64) -> bool {
    let (written_at, written_servers) = written;
    servers != written_servers || !is_recent(written_at, now, NONCES_WRITTEN_FOR)
}

/// When a sign-in that begins now expires.
pub(crate) fn pending_until(now: u64) -> u64 {
    now.saturating_add(PENDING_LIFETIME)
}

/// How long to wait for the session lock, if a request to the token endpoint may take `token_ms`.
pub(super) fn lock_patience(token_ms: u32) -> u32 {
    LOCK_PATIENCE.min(token_ms)
}

/// The time limit of a request of the client; `None`: no limit. A refresh has none: the server might complete it after the
/// limit, and the new tokens would be lost.
pub(super) fn time_limit(limits: &Timeouts, is_document: bool, is_refresh: bool) -> Option<u32> {
    match (is_document, is_refresh) {
        (true, _) => Some(limits.document_ms),
        (false, true) => None,
        (false, false) => Some(limits.token_ms),
    }
}

/// Whether the status of a refused refresh refuses the request itself, rather than this moment: a 4xx other than "timeout",
/// "too early" and "too many requests".
pub(super) fn is_rejection(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

/// By how much a server's clock is ahead, after a response with the time `date`. `offset` is the value so far. The response
/// was written between `sent` and `received`, both by this machine's clock. A `date` within that span changes nothing, even
/// if the machine slept meanwhile and the span is long.
pub(super) fn corrected_offset(offset: i64, date: u64, sent: u64, received: u64) -> i64 {
    let beyond = |time: u64| (date as i64).saturating_sub(time::shifted(time, offset) as i64);
    let (after, before) = (beyond(received), beyond(sent));
    let wrong = if after > CLOCK_TOLERANCE {
        after
    } else if before < -CLOCK_TOLERANCE {
        before
    } else {
        0
    };
    let right = offset.saturating_add(wrong);
    let is_same_time = (-CLOCK_TOLERANCE..=CLOCK_TOLERANCE).contains(&right);
    if is_same_time { 0 } else { right }
}

/// By how many whole seconds this machine's clock is ahead of a server's; `None` if they agree.
pub(super) fn seconds_ahead(clock_offset: i64) -> Option<i64> {
    let ahead = clock_offset / -1000;
    (ahead != 0).then_some(ahead)
}

/// Whether to ask the page's own server for the time, after a refusal that shows no `Date`. Not if another request has
/// learned the server's time meanwhile.
pub(super) fn asks_own_server(used_offset: i64, known_offset: i64) -> bool {
    known_offset == used_offset
}

/// Whether to drop a correction of the clock that did not help. If no server confirms it, the clock has been set right.
pub(super) fn drops_correction(is_confirmed: bool, used_offset: i64, known_offset: i64) -> bool {
    !is_confirmed && known_offset == used_offset
}

/// The retries of one request so far, each at most once. A set of bits, which a host that sends requests itself passes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tried(pub(crate) u8);

impl Tried {
    const NONCE: u8 = 1;
    const TIME: u8 = 2;
    const TOKEN: u8 = 4;

    /// Marks a retry as tried; `false` if it was tried already.
    fn mark(&mut self, retry: u8) -> bool {
        let is_new = self.0 & retry == 0;
        self.0 |= retry;
        is_new
    }
}

/// What to do about a proof that a server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProofRetry {
    /// Prove again with the new nonce.
    WithNonce,
    /// Learn the server's time, and prove again if it differs.
    WithTime,
    /// Forget the server's time: correcting it did not help.
    ForgetTime,
    /// Nothing.
    No,
}

/// Decides what to do about a proof that a server refused. `has_nonce`: the response has a new nonce.
pub(super) fn proof_retry(verdict: Verdict, tried: &mut Tried, has_nonce: bool) -> ProofRetry {
    match verdict {
        Verdict::NonceDemanded if has_nonce && tried.mark(Tried::NONCE) => ProofRetry::WithNonce,
        Verdict::ProofRefused if tried.mark(Tried::TIME) => ProofRetry::WithTime,
        Verdict::ProofRefused => ProofRetry::ForgetTime,
        _ => ProofRetry::No,
    }
}

/// What to do about a request that a PDS refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestRetry {
    /// Refresh the token, and send again with the new one.
    Refresh,
    /// The same, although the refusal gives no reason and may not mean the token.
    RefreshInDoubt,
    /// Send again: the token was replaced meanwhile.
    Resend,
    /// End the session: the token was new.
    EndSession,
    /// Nothing.
    No,
    /// Decide by [`proof_retry`]: the refusal may mean the proof.
    Proof,
}

/// Decides what to do about a request that a PDS refused. `is_current`: it was sent with the token that is current now.
/// `has_ended`: the session has ended.
pub(super) fn request_retry(
    verdict: Verdict,
    tried: &mut Tried,
    is_current: bool,
    has_ended: bool,
) -> RequestRetry {
    let retry = match verdict {
        Verdict::TokenRefused if !tried.mark(Tried::TOKEN) => {
            return match is_current {
                true => RequestRetry::EndSession,
                false => RequestRetry::No,
            };
        }
        Verdict::TokenRefused => RequestRetry::Refresh,
        Verdict::Unexplained if tried.mark(Tried::TOKEN) => RequestRetry::RefreshInDoubt,
        _ => return RequestRetry::Proof,
    };
    // A proof with a new token may be refused for the same reasons again.
    *tried = Tried(Tried::TOKEN);
    match (is_current, has_ended) {
        (true, _) => retry,
        (false, false) => RequestRetry::Resend,
        (false, true) => RequestRetry::No,
    }
}

/// Whether a refusal without a reason may cause a refresh of the token. An endpoint may refuse like this regardless of the
/// token, so one refresh must be enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It may cause a refresh.
    None,
    /// It has caused one. Other requests with the same refusal wait for that refresh.
    Refreshing,
    /// It may not: the token comes from such a refresh, or cannot be refreshed.
    Settled,
}

/// Whether a refusal without a reason may cause a refresh. Not without a refresh token: trying would end the session, which
/// such a refusal must not do.
pub(super) fn may_refresh_in_doubt(doubt: Doubt, has_refresh_token: bool) -> bool {
    doubt != Doubt::Settled && has_refresh_token
}

/// The doubt after that refresh has failed.
pub(super) fn doubt_after_failure(is_retryable: bool) -> Doubt {
    match is_retryable {
        true => Doubt::None,
        false => Doubt::Settled,
    }
}

/// Whether a new token settles the doubt about the older one. Not if the older one was stale, since it was refreshed for that
/// reason, nor if the key differs, since that is another sign-in.
pub(super) fn settles_doubt(older: Doubt, older_is_stale: bool, has_same_key: bool) -> bool {
    older != Doubt::None && !older_is_stale && has_same_key
}

#[cfg(test)]
mod tests;
