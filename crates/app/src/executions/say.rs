//! What people can say to executions.

use jiff::Timestamp;
use reeve_runbook::{Event, ExecutionError, Signal, SignalKind};
use reeve_store::{ExecutionSummary, NewEntry};
use reeve_types::ExecutionId;

use super::{
    aside::UNREADABLE,
    drive::{self, Stored},
    told::{Hold, Notice, Told},
};
use crate::{App, Context, Error};

/// What can be said to an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Yes, to an approval.
    Approve,
    /// No, to an approval.
    Reject,
    /// Rest, once what is under way has ended.
    Pause,
    /// Go on: to an execution that was told to rest, or else to a step that pauses.
    Resume,
    /// End.
    Cancel,
}

impl Word {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }

    /// The signal that it is to a step, if it is one.
    fn signal(self) -> Option<SignalKind> {
        match self {
            Self::Approve => Some(SignalKind::Approve),
            Self::Reject => Some(SignalKind::Reject),
            Self::Resume => Some(SignalKind::Resume),
            Self::Pause | Self::Cancel => None,
        }
    }
}

impl App {
    /// Says something to an execution; durable when it returns.
    pub async fn tell_execution(
        &self,
        context: &Context,
        name: &str,
        (word, comment): (Word, &str),
    ) -> Result<ExecutionId, Error> {
        let id = self.store.find_execution(name).await.map_err(Error::store)?;
        let summary = self.store.execution(id).await.map_err(Error::store)?;
        if summary.ended_at.is_some() {
            return Err(Error::execution_over(ExecutionError::Ended));
        }
        let said = Said { word, by: context.actor.to_string(), comment, at: self.clock.now() };
        let told = if summary.status == UNREADABLE {
            said.to_unreadable()?
        } else {
            self.to_execution(&summary, &said).await?
        };
        let entry = NewEntry::new(
            context.actor.clone(),
            reeve_store::Event::ExecutionTold {
                execution: id,
                word: word.as_str().to_owned(),
                comment: comment.to_owned(),
            },
        );
        let data = drive::to_json(&told)?;
        self.store.tell_execution(id, data, vec![entry]).await.map_err(Error::store)?;
        Ok(id)
    }

    /// What an execution is told. Whoever says something that cannot be taken learns of it at once.
    async fn to_execution(
        &self,
        summary: &ExecutionSummary,
        said: &Said<'_>,
    ) -> Result<Told, Error> {
        let state = self.store.execution_state(summary.id).await.map_err(Error::store)?;
        let stored: Stored = drive::from_json(&state)?;
        let hold = self.hold_to_come(summary.id, stored.hold).await?;
        match said.word {
            Word::Pause if hold.by.is_some() => {
                Err(Error::execution_over("the execution is paused already"))
            }
            Word::Pause => Ok(said.notice()),
            Word::Resume if hold.by.is_some() => Ok(said.notice()),
            Word::Resume if hold.with_parent => Err(Error::execution_over(
                "the execution is paused with the one that waits for it: resume that one",
            )),
            Word::Approve | Word::Reject | Word::Resume | Word::Cancel => {
                let event = said.event();
                let runbook = drive::runbook_of(self, (&summary.runbook, &summary.digest)).await?;
                let mut tried = stored.execution;
                tried.apply(&runbook, &event).map_err(Error::execution_over)?;
                Ok(Told::Event(event))
            }
        }
    }

    /// Whether an execution rests, once it has taken what it was told.
    async fn hold_to_come(&self, id: ExecutionId, mut hold: Hold) -> Result<Hold, Error> {
        for (_, data) in self.store.told(id).await.map_err(Error::store)? {
            hold.take(&drive::from_json(&data)?);
        }
        Ok(hold)
    }
}

/// Something that somebody says.
struct Said<'a> {
    word: Word,
    by: String,
    comment: &'a str,
    at: Timestamp,
}

impl Said<'_> {
    fn notice(&self) -> Told {
        let (by, comment, at) = (self.by.clone(), self.comment.to_owned(), self.at);
        Told::Notice(match self.word {
            Word::Pause => Notice::Paused { by, comment, at },
            _ => Notice::Resumed { by, comment, at },
        })
    }

    fn event(&self) -> Event {
        let (by, at) = (self.by.clone(), self.at);
        let comment = Some(self.comment.to_owned()).filter(|comment| !comment.is_empty());
        match self.word.signal() {
            Some(kind) => Event::Signalled(Signal { kind, by, comment, at }),
            None => Event::Cancelled { by, at },
        }
    }

    /// What can be said of an execution that nobody can read: that it is to be tried again, or to be ended.
    fn to_unreadable(&self) -> Result<Told, Error> {
        match self.word {
            Word::Resume => Ok(self.notice()),
            Word::Cancel => Ok(Told::Event(self.event())),
            Word::Approve | Word::Reject | Word::Pause => Err(Error::execution_over(
                "where the execution stands cannot be read: `resume` has it tried again, `cancel` ends it",
            )),
        }
    }
}
