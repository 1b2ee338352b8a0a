//! Remembers which hosts do not answer, so that a thousand calls do not each wait for the same dead endpoint.
//!
//! ```text
//! open ──(several attempts in a row, over all calls, without any answer)──► silent ──(an answer, however bad)──► open
//! ```
//!
//! While a host is silent, one call at a time tries it, once and not for long; all others fail at once. A single lost
//! connection to a host that otherwise answers means nothing: any answer begins the count anew.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::transport::TransportError;

/// How many attempts in a row go without an answer before a host counts as silent. More than one call makes by itself.
const PATIENCE: u32 = 8;

/// How long an attempt that only tries whether a silent host answers again may take.
pub(crate) const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// The hosts that gave no answer lately.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    hosts: Mutex<HashMap<String, Host>>,
}

#[derive(Debug)]
struct Host {
    unanswered: u32,
    last: TransportError,
    is_probed: bool,
}

/// Whether an attempt may be made.
#[derive(Debug)]
pub(crate) enum Admission<'a> {
    /// As ever.
    Open,
    /// Once, and not for long: to see whether the host answers again.
    Probe {
        /// Lets the next one try when it is dropped.
        _turn: Turn<'a>,
    },
    /// Not now: the host is silent, and another call is trying it. With what the last attempt came to.
    Silent(TransportError),
}

/// The turn to try a silent host.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    silence: &'a Silence,
    host: String,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut hosts = self.silence.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get_mut(&self.host) {
            host.is_probed = false;
        }
    }
}

impl Silence {
    /// Asks whether an attempt may be made.
    pub(crate) fn admit(&self, host: &str) -> Admission<'_> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever answers is not remembered: each bucket of S3 is a host.
        let silent = hosts.get_mut(host).filter(|host| host.unanswered >= PATIENCE);
        match silent {
            None => Admission::Open,
            Some(host) if host.is_probed => Admission::Silent(host.last.clone()),
            Some(silent) => {
                silent.is_probed = true;
                Admission::Probe { _turn: Turn { silence: self, host: host.to_owned() } }
            }
        }
    }

    /// Notes that the host answered.
    pub(crate) fn answered(&self, host: &str) {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).remove(host);
    }

    /// Notes that the host did not answer.
    pub(crate) fn unanswered(&self, host: &str, last: &TransportError) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(host.to_owned()).or_insert_with(|| Host {
            unanswered: 0,
            last: last.clone(),
            is_probed: false,
        });
        host.unanswered = host.unanswered.saturating_add(1);
        host.last = last.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent() -> Silence {
        let silence = Silence::default();
        for _ in 0..PATIENCE {
            silence.unanswered("a", &TransportError::TimedOut);
        }
        silence
    }

    #[test]
    fn a_host_is_silent_only_after_several_attempts_in_a_row_without_an_answer() {
        let silence = Silence::default();
        for _ in 1..PATIENCE {
            silence.unanswered("a", &TransportError::TimedOut);
        }
        assert!(matches!(silence.admit("a"), Admission::Open));
        silence.answered("a");
        silence.unanswered("a", &TransportError::TimedOut);
        assert!(matches!(silence.admit("a"), Admission::Open));
    }

    #[test]
    fn a_silent_host_is_tried_by_one_call_at_a_time() {
        let silence = silent();
        let first = silence.admit("a");
        assert!(matches!(first, Admission::Probe { .. }));
        assert!(matches!(silence.admit("a"), Admission::Silent(TransportError::TimedOut)));
        assert!(matches!(silence.admit("b"), Admission::Open));
        drop(first);
        assert!(matches!(silence.admit("a"), Admission::Probe { .. }));
    }

    #[test]
    fn one_answer_ends_the_silence() {
        let silence = silent();
        silence.answered("a");
        assert!(matches!(silence.admit("a"), Admission::Open));
        assert!(silence.hosts.lock().unwrap().is_empty(), "nothing is remembered of who answers");
    }
}
