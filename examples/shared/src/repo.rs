//! What the apps ask of the account's server, through a session.

use crate::Problem;
use atproto_oauth_wasm::{Json, OAuthSession, PdsRequest};
use serde_json::json;

const POST: &str = "app.bsky.feed.post";

/// Who is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The name that the account gives itself, or else its handle.
    pub name: String,
    /// The handle, as the server knows it.
    pub handle: String,
    /// What the account says of itself.
    pub description: Option<String>,
}

/// A post of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Where it is.
    pub uri: String,
    /// What it says.
    pub text: String,
}

/// Reads who is signed in.
pub async fn profile(session: &OAuthSession) -> Result<Profile, Problem> {
    const TITLE: &str = "The profile could not be read";
    let repo = PdsRequest::get("/xrpc/com.atproto.repo.describeRepo").query("repo", session.did());
    let record = PdsRequest::get("/xrpc/com.atproto.repo.getRecord")
        .query("repo", session.did())
        .query("collection", "app.bsky.actor.profile")
        .query("rkey", "self");
    let repo = ask(TITLE, session, repo).await?;
    let handle = repo.str("handle").unwrap_or_default();
    // Many accounts have no such record.
    let record = ask(TITLE, session, record).await.ok();
    let value = record.and_then(|record| record.get("value"));
    let own = |name| value.as_ref().and_then(|value| value.str(name));
    Ok(Profile {
        name: own("displayName").unwrap_or_else(|| handle.clone()),
        description: own("description"),
        handle,
    })
}

/// Reads the account's last posts.
pub async fn posts(session: &OAuthSession) -> Result<Vec<Post>, Problem> {
    let request = PdsRequest::get("/xrpc/com.atproto.repo.listRecords")
        .query("repo", session.did())
        .query("collection", POST)
        .query("limit", 5);
    let answer = ask("The posts could not be read", session, request).await?;
    let records = answer.get("records").and_then(|records| records.as_array());
    let post = |record: Json| {
        Some(Post {
            uri: record.str("uri")?,
            text: record.get("value")?.str("text")?,
        })
    };
    Ok(records.into_iter().flatten().filter_map(post).collect())
}

/// Writes a post.
pub async fn publish(session: &OAuthSession, text: &str) -> Result<(), Problem> {
    let now = String::from(js_sys::Date::new_0().to_iso_string());
    let body = json!({
        "repo": session.did().as_str(),
        "collection": POST,
        "record": { "$type": POST, "text": text, "createdAt": now },
    });
    let request = PdsRequest::post("/xrpc/com.atproto.repo.createRecord").json(body.to_string());
    ask("The post could not be made", session, request).await?;
    Ok(())
}

async fn ask(
    title: &'static str,
    session: &OAuthSession,
    request: PdsRequest,
) -> Result<Json, Problem> {
    let failed = |error| Problem::new(title, &error);
    let response = session.fetch(request).await.map_err(failed)?;
    let (status, ok) = (response.status(), response.ok());
    let answer = response.json().await.map_err(failed)?;
    match ok {
        true => Ok(answer),
        false => Err(Problem::refused(title, status, &answer)),
    }
}
