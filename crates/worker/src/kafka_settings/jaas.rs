//! `sasl.jaas.config`: one entry of a JAAS login configuration, as Kafka's
//! `JaasConfig` reads it: `CLASS FLAG name="value" ... ;`

use std::collections::BTreeMap;

/// A login module with its options; holds secrets.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LoginModule {
    /// The class's simple name.
    pub(crate) class: String,
    pub(crate) options: BTreeMap<String, String>,
}

/// Reads an entry. Errors say what is wrong without showing any of it.
pub(crate) fn parse(text: &str) -> Result<LoginModule, &'static str> {
    let mut tokens = tokens(text)?.into_iter();
    let Some(Token::Word(class)) = tokens.next() else {
        return Err("it does not begin with a login module's class");
    };
    match tokens.next() {
        Some(Token::Word(flag))
            if ["required", "requisite", "sufficient", "optional"]
                .contains(&flag.to_ascii_lowercase().as_str()) => {}
        _ => return Err("the class is not followed by required"),
    }
    let mut options = BTreeMap::new();
    loop {
        match tokens.next() {
            Some(Token::End) => break,
            Some(Token::Word(name)) => {
                let (Some(Token::Equals), Some(Token::Word(value))) =
                    (tokens.next(), tokens.next())
                else {
                    return Err("an option has no value; options are name=\"value\"");
                };
                options.insert(name, value);
            }
            Some(Token::Equals) => return Err("a value has no name; options are name=\"value\""),
            None => return Err("it does not end with a semicolon"),
        }
    }
    if tokens.next().is_some() {
        return Err("something follows the semicolon; only one login module is possible");
    }
    let simple = class.rsplit('.').next().unwrap_or(&class).to_owned();
    Ok(LoginModule {
        class: simple,
        options,
    })
}

enum Token {
    Word(String),
    Equals,
    End,
}

fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '=' => tokens.push(Token::Equals),
            ';' => tokens.push(Token::End),
            '"' | '\'' => {
                let mut word = String::new();
                loop {
                    match chars.next() {
                        Some('\\') => word.extend(chars.next()),
                        Some(end) if end == c => break,
                        Some(other) => word.push(other),
                        None => return Err("a quote is not closed"),
                    }
                }
                tokens.push(Token::Word(word));
            }
            c => {
                let mut word = String::from(c);
                while let Some(next) =
                    chars.next_if(|next| !next.is_whitespace() && !matches!(next, '=' | ';'))
                {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn options_may_be_quoted_escaped_and_spread_over_lines() {
        let text = "org.apache.kafka.common.security.plain.PlainLoginModule required\n \
                    username=\"al\\\"ice\" password='p;= w' x=plain;";
        let module = parse(text).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(module.class, "PlainLoginModule");
        assert_eq!(module.options["username"], "al\"ice");
        assert_eq!(module.options["password"], "p;= w");
        assert_eq!(module.options["x"], "plain");
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        for text in [
            "",
            ";",
            "X",
            "X hunter2",
            "X required hunter2",
            "X required p=hunter2",
            "X required p=\"hunter2",
            "X required =hunter2;",
            "X required p=hunter2; Y required;",
        ] {
            let error = parse(text).err().expect(text);
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_password_survives_quoting(password in "\\PC{0,30}") {
            let quoted = password.replace('\\', "\\\\").replace('"', "\\\"");
            let module = parse(&format!("X required password=\"{quoted}\";"));
            prop_assert!(module.is_ok_and(|module| module.options["password"] == password));
        }
    }
}
