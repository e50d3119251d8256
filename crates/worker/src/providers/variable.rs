//! `${provider:[path:]key}` within a value, as Kafka's `ConfigTransformer`
//! finds it: no nesting, no escape, and text that is no variable stays.

/// One variable of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variable<'a> {
    pub(super) provider: &'a str,
    /// Empty if the variable has none.
    pub(super) path: &'a str,
    pub(super) key: &'a str,
}

/// A piece of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stays.
    Text(&'a str),
    /// A variable, and how it is written.
    Variable(Variable<'a>, &'a str),
}

/// The pieces of a value, in order; together they are the whole value.
pub(super) fn pieces(value: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut text_from = 0;
    let mut at = 0;
    while let Some(start) = value[at..].find("${").map(|found| at + found) {
        let inside = start + 2;
        let Some(end) = value[inside..].find('}').map(|found| inside + found) else {
            break;
        };
        let Some(variable) = variable(&value[inside..end]) else {
            // A later `${` may still begin one before the same brace.
            at = inside;
            continue;
        };
        if text_from < start {
            pieces.push(Piece::Text(&value[text_from..start]));
        }
        pieces.push(Piece::Variable(variable, &value[start..=end]));
        at = end + 1;
        text_from = at;
    }
    if text_from < value.len() {
        pieces.push(Piece::Text(&value[text_from..]));
    }
    pieces
}

/// What stands between the braces: two or three parts, the last of which may
/// hold colons.
fn variable(inside: &str) -> Option<Variable<'_>> {
    let (provider, rest) = inside.split_once(':')?;
    let (path, key) = rest.split_once(':').unwrap_or(("", rest));
    Some(Variable {
        provider,
        path,
        key,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variables(value: &str) -> Vec<(&str, &str, &str)> {
        pieces(value)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Variable(v, _) => Some((v.provider, v.path, v.key)),
                Piece::Text(_) => None,
            })
            .collect()
    }

    #[test]
    fn variables_have_two_or_three_parts() {
        assert_eq!(variables("${env:HOME}"), [("env", "", "HOME")]);
        assert_eq!(
            variables("a${file:/etc/x.properties:user}b${dir:/etc:c}"),
            [("file", "/etc/x.properties", "user"), ("dir", "/etc", "c")]
        );
        assert_eq!(variables("${f:/p:a:b}"), [("f", "/p", "a:b")]);
        assert_eq!(variables("${:}"), [("", "", "")]);
    }

    #[test]
    fn what_is_no_variable_is_text() {
        for value in ["", "$", "${", "${x}", "${x", "$${}", "{a:b}", "a}b"] {
            assert_eq!(variables(value), [], "{value}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_whole_value(value in "[a${}:/]{0,24}") {
            let whole: String = pieces(&value)
                .into_iter()
                .map(|piece| match piece {
                    Piece::Text(text) | Piece::Variable(_, text) => text,
                })
                .collect();
            prop_assert_eq!(whole, value);
        }
    }
}
