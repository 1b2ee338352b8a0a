//! What a script printed: its beginning and its end, if it is too much to keep.

use std::collections::VecDeque;

use crate::redact::Redactor;

/// What a script printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// The text, without credentials. Where something was left out, a line says how much.
    pub text: String,
    /// How many bytes were left out.
    pub left_out: u64,
}

/// Takes in what is printed while the script runs.
pub(crate) struct Capture {
    head: Vec<u8>,
    head_limit: usize,
    /// The newest of what did not fit into the head.
    tail: VecDeque<u8>,
    tail_limit: usize,
    left_out: u64,
}

impl Capture {
    pub(crate) fn new(limit: usize) -> Self {
        let head_limit = limit / 2;
        let tail_limit = limit - head_limit;
        Self { head: Vec::new(), head_limit, tail: VecDeque::new(), tail_limit, left_out: 0 }
    }

    pub(crate) fn push(&mut self, printed: &[u8]) {
        let room = self.head_limit.saturating_sub(self.head.len()).min(printed.len());
        let (first, rest) = printed.split_at(room);
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(self.tail_limit);
        self.tail.drain(..excess);
        self.left_out += excess as u64;
    }

    pub(crate) fn finish(self, redactor: &Redactor) -> Log {
        let Self { mut head, tail, left_out, .. } = self;
        let tail = Vec::from(tail);
        if left_out == 0 {
            head.extend_from_slice(&tail);
            return Log { text: text(&redactor.bytes(&head)), left_out };
        }
        // A credential may have been cut in two. What is left of it lies within its length of the cut.
        let edge = redactor.longest().saturating_sub(1);
        let head = redactor.bytes(&head);
        let tail = redactor.bytes(&tail);
        let head = head.get(..head.len().saturating_sub(edge)).unwrap_or_default();
        let tail = tail.get(edge..).unwrap_or_default();
        let left_out = left_out + 2 * edge as u64;
        let text = format!("{}\n… {left_out} bytes left out …\n{}", text(head), text(tail));
        Log { text, left_out }
    }
}

/// Text that every database can keep: what is no UTF-8, and the zero, are replaced.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Credentials, ScriptEnvironment};

    fn check(limit: usize, printed: &[&str], kept: &str) {
        let mut capture = Capture::new(limit);
        for part in printed {
            capture.push(part.as_bytes());
        }
        assert_eq!(capture.finish(&Redactor::default()).text, kept);
    }

    #[test]
    fn what_fits_is_kept_whole() {
        check(8, &["abc", "defg", "h"], "abcdefgh");
    }

    #[test]
    fn of_too_much_the_beginning_and_the_end_are_kept() {
        check(8, &["abc", "defghijkl", "mnop"], "abcd\n… 8 bytes left out …\nmnop");
    }

    #[test]
    fn a_credential_that_was_cut_leaves_nothing_behind() {
        let redactor = Redactor::new(&ScriptEnvironment {
            region: "eu-central-1".into(),
            credentials: Some(Credentials {
                access_key_id: "none".into(),
                secret_access_key: "SECRETSECRET".into(),
                session_token: None,
            }),
            endpoint_url: None,
        });
        for position in 0..60 {
            let mut capture = Capture::new(60);
            capture.push("-".repeat(position).as_bytes());
            capture.push(b"SECRETSECRET");
            capture.push("-".repeat(100).as_bytes());
            capture.push(b"SECRETSECRET");
            capture.push("-".repeat(60 - position).as_bytes());
            let log = capture.finish(&redactor);
            assert!(!log.text.contains(['S', 'E', 'C', 'R', 'T']), "{position}: {}", log.text);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let mut capture = Capture::new(100);
        capture.push(b"a\xff\x00b");
        assert_eq!(capture.finish(&Redactor::default()).text, "a\u{fffd}\u{fffd}b");
    }
}
