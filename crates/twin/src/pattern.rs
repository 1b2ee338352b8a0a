//! Wildcards as EC2 filters have them: `*` for any text, `?` for one character, `\` before either for itself.

/// Whether `text` matches `pattern`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Token> = tokens(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut from) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while from < text.len() {
        match (pattern.get(at), text.get(from)) {
            (Some(Token::Any), _) => {
                retry = Some((at + 1, from));
                at += 1;
            }
            (Some(Token::One), _) => (at, from) = (at + 1, from + 1),
            (Some(Token::Exactly(wanted)), Some(found)) if wanted == found => {
                (at, from) = (at + 1, from + 1);
            }
            // Let the last star take one character more.
            _ => match retry {
                Some((resume, taken)) => {
                    retry = Some((resume, taken + 1));
                    (at, from) = (resume, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|token| matches!(token, Token::Any))
}

enum Token {
    Any,
    One,
    Exactly(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut characters = pattern.chars();
    let mut tokens = Vec::new();
    while let Some(character) = characters.next() {
        tokens.push(match character {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Exactly(characters.next().unwrap_or('\\')),
            other => Token::Exactly(other),
        });
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match_unless_escaped() {
        for (pattern, text, expected) in [
            ("web", "web", true),
            ("web", "webs", false),
            ("web*", "web", true),
            ("*b*", "abc", true),
            ("a*c*e", "abcde", true),
            ("a*c*f", "abcde", false),
            ("w?b", "web", true),
            ("w?b", "wb", false),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            ("*", "", true),
            ("?", "", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
