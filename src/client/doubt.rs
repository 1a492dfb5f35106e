//! Refusals without a reason: what an expired token meets where CORS hides the challenge, and what some endpoints answer always.

use super::OAuthSession;
use super::live::Grant;
use super::policy;

/// Whether a refusal without a reason may have the token renewed. An endpoint may refuse in such words whatever the token is,
/// so one renewal has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It may.
    None,
    /// It has: whoever meets the same waits for that renewal.
    Renewing,
    /// It may not: the token came of such a renewal, or cannot be renewed.
    Settled,
}

impl Grant {
    /// Takes the place of a token that was doubted: also where another tab renewed it, so that tabs do not take turns. A
    /// token whose time had come was renewed for that, and another key is another sign-in.
    pub(super) fn settle_doubt_of(&self, older: &Self, now: u64) {
        let has_same_key = older.prover.head.as_str() == self.prover.head.as_str();
        if policy::settles_doubt(older.doubt.get(), older.is_stale(now), has_same_key) {
            self.doubt.set(Doubt::Settled);
        }
    }
}

impl OAuthSession {
    /// Renews a token that was refused without a reason; whether that gave another.
    pub(super) async fn renew_in_doubt(&self, grant: &Grant) -> bool {
        let tokens = &grant.session.tokens;
        let has_refresh_token = tokens.refresh_token.is_some();
        if !policy::may_refresh_in_doubt(grant.doubt.get(), has_refresh_token) {
            return false;
        }
        grant.doubt.set(Doubt::Renewing);
        let renewed = self.shared.renew(&self.live, &tokens.access_token).await;
        if let Err(error) = &renewed {
            let left = policy::doubt_after_failure(error.is_retryable());
            grant.doubt.set(left);
        }
        renewed.is_ok()
    }
}
