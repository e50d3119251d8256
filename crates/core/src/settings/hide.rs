//! Hides a configuration's secrets in what a server says: one that refuses a
//! key may well repeat it.

use super::SourceConfig;

/// Shorter texts are hardly secrets, and would be found within words.
const MIN_SECRET_BYTES: usize = 6;

impl SourceConfig {
    /// `text` without the token, the headers' values, the subscription message
    /// and the URL's password and parameters.
    pub fn hide_secrets(&self, text: &str) -> String {
        let token = self
            .auth_token
            .iter()
            .map(|token| token.expose().to_owned());
        let headers = self.headers.iter();
        let mut secrets: Vec<String> = token
            .chain(headers.map(|header| header.value.expose().to_owned()))
            .chain(
                self.subscription_message
                    .iter()
                    .map(|message| message.expose().to_owned()),
            )
            .chain(self.url.secrets())
            .filter(|secret| secret.len() >= MIN_SECRET_BYTES)
            .collect();
        // One may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret, "[hidden]")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    #[test]
    fn nothing_that_is_secret_comes_back() {
        let raw = BTreeMap::from(
            [
                (
                    "websocket.url",
                    "wss://user:p%40ssword@h/p?key=query-key&n=1",
                ),
                ("kafka.topic", "t"),
                ("websocket.auth.token", "t0ken-t0ken"),
                (
                    "websocket.headers",
                    "X-Key:header-key,X-Long:header-key-2,X-N:1",
                ),
                (
                    "websocket.subscription.message",
                    "{\"auth\":\"message-key\"}",
                ),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        let config = crate::settings::parse(&raw).config.expect("valid");
        let said = "1: t0ken-t0ken, header-key-2, header-key, query-key, p@ssword, p%40ssword, \
             /p?key=query-key&n=1, {\"auth\":\"message-key\"} are wrong for user";
        assert_eq!(
            config.hide_secrets(said),
            "1: [hidden], [hidden], [hidden], [hidden], [hidden], [hidden], \
             /p?[hidden], [hidden] are wrong for user"
        );
    }
}
