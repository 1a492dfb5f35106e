//! Token revocation (RFC 7009).

use crate::secret::Secret;
use crate::url::push_form;

/// The form that revokes a token. No `token_type_hint`: servers look a token up by its form.
pub(crate) fn revocation_form(token: &Secret) -> String {
    let mut form = String::new();
    push_form(&mut form, "token", token.expose());
    form
}
