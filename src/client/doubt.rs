//! Refusals without a reason: what an expired token meets where CORS hides the challenge, and what some endpoints answer always.

use super::OAuthSession;
use super::live::Grant;

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
        let is_of_doubt = older.doubt.get() != Doubt::None && !older.is_stale(now);
        if is_of_doubt && older.prover.head.as_str() == self.prover.head.as_str() {
            self.doubt.set(Doubt::Settled);
        }
    }
}

impl OAuthSession {
    /// Renews a token that was refused without a reason; whether that gave another.
    pub(super) async fn renew_in_doubt(&self, grant: &Grant) -> bool {
        let tokens = &grant.session.tokens;
        // To have nothing to renew it with ends a session, which such a refusal must not.
        if grant.doubt.get() == Doubt::Settled || tokens.refresh_token.is_none() {
            return false;
        }
        grant.doubt.set(Doubt::Renewing);
        let renewed = self.shared.renew(&self.live, &tokens.access_token).await;
        if let Err(error) = &renewed {
            grant.doubt.set(match error.is_retryable() {
                true => Doubt::None,
                false => Doubt::Settled,
            });
        }
        renewed.is_ok()
    }
}
