//! Recordings: what was asked and answered, kept in a folder without secrets, and served again without AWS.
//!
//! ```text
//! recording   call ──► transport ──► AWS           replaying   call ──► folder
//!                │        │                                      │        │
//!                └─ mask ─┴──► folder                            └─ mask ─┴─► the n-th answer to the same request
//! ```
//!
//! Both are a [`Transport`], so that everything above one (credentials, retries, pages) works as ever. A pair is one
//! attempt: what was lost or came too late is recorded and replayed as such.
//!
//! A request is found again by what it says, not by how: its input is decoded, and what differs from one time to the next
//! is left out of the comparison (see `key`). What is secret never gets to the folder (see `mask`), and is masked in the
//! requests of a replay as well, so that they are compared alike.

mod folder;
mod key;
mod mask;
mod pair;
mod player;
mod recorder;
mod url;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use reeve_time::Clock;

use crate::{AccessKey, ClientConfig, CredentialSource, Pauses, Secret, Transport, TransportError};

use self::{folder::Folder, player::Player, recorder::Recorder};

/// The longest body that is recorded; a longer one is left out of its pair, which says so.
pub(crate) const BODY_LIMIT: usize = 16 << 20;

/// Path and query of a request as its protocol writes them, whichever endpoint it goes to: an extension of the request.
#[derive(Debug, Clone)]
pub(crate) struct RequestTarget(pub(crate) String);

/// How long an attempt may take: an extension of the request. Whoever goes on waiting no longer than this gave up because
/// of it; whoever stops before has other reasons.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttemptLimit(pub(crate) Duration);

/// A folder that cannot be recorded to or replayed from.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be read or written.
    #[error("cannot use the recording in `{}`", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What stood in the way.
        source: io::Error,
    },
    /// It holds something else.
    #[error("`{}` is not a recording: it has no `{}`", .path.display(), folder::MANIFEST)]
    NotARecording {
        /// The folder.
        path: PathBuf,
    },
    /// It was written in a form that is not known here.
    #[error("the recording in `{}` cannot be read: {reason}", .path.display())]
    Format {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A recording has no answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the recording has no answer to {looked_for}: {reason}")]
pub struct Unanswered {
    /// What was asked: the input as JSON, shortened.
    pub looked_for: String,
    /// What the recording has instead: the nearest pair and how it differs, if there is one.
    pub reason: String,
}

impl Transport {
    /// Passes everything on to another transport, and writes what was asked and answered to a folder, without secrets.
    ///
    /// The folder is made if it does not exist; one that holds something else than a recording is refused, and a recording
    /// is added to. Once it cannot be written any more, the log says so and calls go on unrecorded.
    pub fn recording(
        inner: Self,
        folder: impl Into<PathBuf>,
        clock: Clock,
    ) -> Result<Self, RecordingError> {
        let recorder = Arc::new(Recorder::new(Folder::record(folder.into())?, clock));
        Ok(Self::streaming(move |request| {
            recorder::exchange(Arc::clone(&recorder), inner.clone(), request)
        }))
    }

    /// Answers from a folder that was recorded; nothing is ever sent.
    ///
    /// The same request asked for the n-th time gets the n-th answer. After the last, reads get the last again; what may
    /// change something fails, and so does what was never asked while recording.
    pub fn replaying(folder: impl Into<PathBuf>, clock: Clock) -> Result<Self, RecordingError> {
        let player = Arc::new(Player::new(Folder::replay(folder.into())?, clock));
        Ok(Self::streaming(move |request| player::answer(Arc::clone(&player), request)))
    }
}

impl ClientConfig {
    /// The same configuration for a replay: no credentials are looked for, nothing is waited for, and whose the base
    /// credentials are is not asked.
    #[must_use]
    pub fn for_replay(mut self) -> Self {
        self.credentials = CredentialSource::Fixed(AccessKey {
            id: reeve_model::REDACTED.to_owned(),
            secret: Secret::new(reeve_model::REDACTED),
            session_token: None,
        });
        self.retry.pauses = Pauses::Function(Arc::new(|_| Box::pin(std::future::ready(()))));
        self.sessions.verify_account = false;
        self
    }
}

impl From<Unanswered> for TransportError {
    fn from(unanswered: Unanswered) -> Self {
        Self::NotRecorded(Arc::new(unanswered))
    }
}
