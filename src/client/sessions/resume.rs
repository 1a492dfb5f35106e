//! The resume ticket: it allows a page to use the session before the core has loaded.

use crate::base64url;
use crate::client::environment::Environment;
use crate::client::policy;
use crate::oauth::ProofHead;
use crate::ports::{ResumeTicket, StoredSession};
use crate::time;
use crate::url::Url;

/// The ticket to store with a session; `None` if a page must ask the core. A session without a client id gets none, because
/// it could belong to any client.
pub(super) async fn resume_ticket(
    env: &Environment,
    session: &StoredSession,
) -> Option<ResumeTicket> {
    let tokens = &session.tokens;
    let expires_at = tokens.expires_at;
    let until = policy::resume_until(
        expires_at.map(|at| time::shifted(at, session.clock_offset)),
        session.refresh_started_at.is_some(),
        session.refused_at.is_some(),
    )?;
    session.client_id.as_ref().and(session.server.as_ref())?;
    let pds = Url::parse(&tokens.audience).filter(Url::is_web)?;
    let token = tokens.access_token.expose().as_bytes();
    Some(ResumeTicket {
        pds: pds.origin().to_owned(),
        token_id: base64url::encode(&env.sha256(token).await.ok()?),
        proof_head: ProofHead::new(session.key.public_jwk()).into(),
        clock_offset: session.clock_offset,
        until,
    })
}
