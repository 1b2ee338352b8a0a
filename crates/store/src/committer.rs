//! The committer: the one task of a process that writes.
//!
//! A sync costs milliseconds, a transaction microseconds. So whatever waits is written in one transaction, and everyone
//! is told when it is on the disk:
//!
//! ```text
//! append ──┐
//! append ──┼──► group ──► BEGIN … COMMIT (one sync) ──► each gets its answer
//! propose ─┘
//! ```
//!
//! A request that cannot be (a plan that was refused meanwhile) is answered alone and writes nothing. If the database
//! objects to a group, each of its requests is tried again by itself, so that one that does not fit on the disk takes no
//! other down with it. After any objection the connection is thrown away: what state its transaction was left in is not
//! worth knowing.
//!
//! Other processes may write to the same database. The write lock is taken before anything is read, so the ledger's head
//! and a plan's phase are those that the transaction builds on ([`Dialect::begin`]).
//!
//! A server may go away. What was lost before its commit is written again once the server is back; what was lost *while*
//! it was committed is looked for first ([`outcome`]).

mod outcome;

use reeve_time::Clock;
use reeve_types::PlanId;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Store,
    connection::Database,
    dialect::Dialect,
    error::{Doing as _, StoreError},
    executions::{
        Advance, Beginning, Claim, Leased, RunbookAttachment, RunbookDocument, Telling,
        are_different,
    },
    ledger::{PreparedEntry, Tail},
    observe::Observation,
    propose::{Proposal, Proposed, Supersession},
    standing::Standings,
};

pub(crate) use self::outcome::Mark;
use self::outcome::{Answers, Failure};

/// How many rows are gathered into one transaction: more would keep other processes waiting for the lock.
const GROUP_ROWS: usize = 20_000;

/// How many requests may wait before those who make them wait too.
pub(crate) const QUEUE: usize = 1024;

/// Something to write, and who waits for it.
pub(crate) struct Request {
    work: Work,
    reply: oneshot::Sender<Result<Outcome, StoreError>>,
}

/// Something to write.
pub(crate) enum Work {
    /// Entries of the ledger, all or none.
    Append(Vec<PreparedEntry>),
    /// A plan and its actions.
    Propose(Box<Proposal>),
    /// Plans that have lost their subject.
    Supersede(Supersession),
    /// What was seen of the estate.
    Observe(Observation),
    /// An execution that begins.
    Begin(Box<Beginning>),
    /// A file that came with a runbook.
    KeepAttachment(RunbookAttachment),
    /// A document for executions that will begin.
    Keep(RunbookDocument),
    /// An execution that goes on.
    Advance(Box<Advance>),
    /// Something that an execution is told.
    Tell(Telling),
    /// A worker that wants something to do.
    Claim(Claim),
    /// A worker that keeps what it has.
    Renew(Claim),
    /// Nothing: the store is being closed.
    Close,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The places of the entries that were appended.
    pub(crate) sequences: Vec<u64>,
    /// What became of a proposal.
    pub(crate) proposed: Option<Proposed>,
    /// The plans that were superseded with nothing in their place.
    pub(crate) superseded: Vec<PlanId>,
    /// The executions that a worker got.
    pub(crate) leased: Vec<Leased>,
}

impl Work {
    /// About how many rows it writes.
    fn weight(&self) -> usize {
        match self {
            Self::Append(entries) => entries.len(),
            Self::Propose(proposal) => proposal.actions.len(),
            Self::Observe(observation) => observation.rows(),
            Self::Begin(beginning) => beginning.rows(),
            Self::Advance(advance) => advance.rows(),
            Self::Supersede(_)
            | Self::KeepAttachment(_)
            | Self::Keep(_)
            | Self::Tell(_)
            | Self::Claim(_)
            | Self::Renew(_) => 1,
            Self::Close => 0,
        }
    }
}

impl Store {
    /// Hands `work` to the committer and waits until it is durable or refused.
    pub(crate) async fn submit(&self, work: Work) -> Result<Outcome, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.requests().send(Request { work, reply }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(crate) async fn submit_entries(
        &self,
        entries: Vec<PreparedEntry>,
    ) -> Result<Vec<u64>, StoreError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.submit(Work::Append(entries)).await?.sequences)
    }
}

/// Writes what is requested until the store is closed or dropped.
pub(crate) struct Committer {
    pub(crate) database: Database,
    pub(crate) connection: Option<AnyConnection>,
    pub(crate) clock: Clock,
    pub(crate) mark: Mark,
    pub(crate) requests: mpsc::Receiver<Request>,
}

impl Committer {
    pub(crate) async fn run(mut self) {
        while let Some(first) = self.requests.recv().await {
            let group = self.gather(first);
            self.commit(group).await;
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database did not close cleanly; the next start recovers it");
        }
    }

    /// `first` and whatever waits behind it, as far as one transaction should go.
    fn gather(&mut self, first: Request) -> Vec<Request> {
        let mut rows = first.work.weight();
        let mut group = vec![first];
        while rows < GROUP_ROWS
            && let Ok(request) = self.requests.try_recv()
        {
            rows += request.work.weight();
            group.push(request);
        }
        if group.iter().any(|request| matches!(request.work, Work::Close)) {
            self.requests.close();
        }
        group
    }

    async fn commit(&mut self, group: Vec<Request>) {
        let (works, replies): (Vec<Work>, Vec<_>) =
            group.into_iter().map(|request| (request.work, request.reply)).unzip();
        let works: Vec<&Work> = works.iter().collect();
        let answers = self.answers(&works).await;
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever stopped waiting is not told.
            reply.send(answer).ok();
        }
    }

    /// The answer to each of `works`, in order.
    async fn answers(&mut self, works: &[&Work]) -> Answers {
        if works.iter().all(|work| matches!(work, Work::Close)) {
            return works.iter().map(|_| Ok(Outcome::default())).collect();
        }
        match self.transact(works).await {
            Ok(answers) => answers,
            Err(error) if works.len() == 1 => vec![Err(error)],
            // The lock was waited for once, which is long enough for all of them; and so was a server.
            Err(StoreError::Busy) => works.iter().map(|_| Err(StoreError::Busy)).collect(),
            Err(error @ StoreError::Unreachable { .. }) => {
                let rest = works.iter().skip(1).map(|_| Err(outcome::unreachable()));
                std::iter::once(Err(error)).chain(rest).collect()
            }
            // Nor may any of them be written again.
            Err(StoreError::OutcomeUnknown) => {
                works.iter().map(|_| Err(StoreError::OutcomeUnknown)).collect()
            }
            Err(error) => {
                tracing::warn!(%error, requests = works.len(), "a group of requests was not committed; each is tried by itself");
                let mut answers = Vec::with_capacity(works.len());
                for work in works {
                    match self.transact(&[work]).await {
                        Ok(answer) => answers.extend(answer),
                        Err(error) => answers.push(Err(error)),
                    }
                }
                answers
            }
        }
    }

    /// Writes `works` in one transaction, on the connection at hand or a new one. After a failure there is none at hand.
    async fn attempt(&mut self, works: &[&Work]) -> Result<Answers, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.database.writer().await.doing("open the database again")?,
        };
        let at = self.clock.now().as_microsecond();
        let begin = self.mark.next(self.database.dialect(), at);
        let answers = write(&mut connection, (begin, at), works).await?;
        self.connection = Some(connection);
        Ok(answers)
    }
}

async fn write(
    connection: &mut AnyConnection,
    (begin, at): (AssertSqlSafe<String>, i64),
    works: &[&Work],
) -> Result<Answers, Failure> {
    let dialect = Dialect::of(connection);
    let mut transaction = connection.begin_with(begin).await.doing("begin a transaction")?;
    let tail = Tail::read(&mut transaction).await?;
    let mut writer = Writer { connection: &mut transaction, tail, at };
    let answers = writer.write(works).await?;
    match transaction.commit().await {
        Ok(()) => Ok(answers),
        Err(error) => Err(Failure::of_commit(error, answers, dialect)),
    }
}

/// A refusal concerns one request; any other error is the database's, and so everybody's.
fn settled<T>(outcome: Result<T, StoreError>) -> Result<Result<T, StoreError>, StoreError> {
    match outcome {
        Err(error) if !is_refusal(&error) => Err(error),
        settled => Ok(settled),
    }
}

/// Whether two requests that follow each other are written with the same statements.
fn go_together(left: &Work, right: &Work) -> bool {
    match (left, right) {
        (Work::Append(_), Work::Append(_)) => true,
        (Work::Advance(left), Work::Advance(right)) => left.is_alone() && right.is_alone(),
        _ => false,
    }
}

fn advances_of<'a>(works: &[&'a Work]) -> Vec<&'a Advance> {
    let advance = |work: &&'a Work| match work {
        Work::Advance(advance) => Some(&**advance),
        _ => None,
    };
    works.iter().filter_map(advance).collect()
}

fn entries_of<'a>(works: &[&'a Work]) -> Vec<&'a [PreparedEntry]> {
    let entries = |work: &&'a Work| match work {
        Work::Append(entries) => Some(entries.as_slice()),
        _ => None,
    };
    works.iter().filter_map(entries).collect()
}

/// A transaction that writes.
pub(crate) struct Writer<'a> {
    pub(crate) connection: &'a mut AnyConnection,
    pub(crate) tail: Tail,
    pub(crate) at: i64,
}

impl Writer<'_> {
    /// Writes each of `works`, or says why it cannot be. An error of the whole is the database's.
    async fn write(&mut self, works: &[&Work]) -> Result<Answers, StoreError> {
        let mut answers = Vec::with_capacity(works.len());
        for run in works.chunk_by(|left, right| go_together(left, right)) {
            match run {
                [Work::Propose(proposal)] => answers.push(Ok(self.propose(proposal).await?)),
                [Work::Supersede(supersession)] => {
                    answers.push(Ok(self.supersede_waiting(supersession).await?));
                }
                [Work::Observe(observation)] => {
                    observation.write(self.connection, self.at).await?;
                    answers.push(Ok(Outcome::default()));
                }
                [Work::Close] => answers.push(Ok(Outcome::default())),
                [
                    work @ (Work::Begin(_)
                    | Work::KeepAttachment(_)
                    | Work::Keep(_)
                    | Work::Advance(_)
                    | Work::Tell(_)
                    | Work::Claim(_)
                    | Work::Renew(_)),
                ] => answers.push(settled(self.execution(work).await)?),
                [Work::Advance(_), ..] => answers.extend(self.advance_all(run).await?),
                appends => answers.extend(self.append(&entries_of(appends)).await?),
            }
        }
        Ok(answers)
    }

    /// Moves executions on. The same one twice is for its worker and for one that had it before, one after the other.
    async fn advance_all(&mut self, works: &[&Work]) -> Result<Answers, StoreError> {
        let advances = advances_of(works);
        if are_different(&advances) {
            return self.advance_together(&advances).await;
        }
        let mut answers = Vec::with_capacity(advances.len());
        for advance in &advances {
            answers.extend(self.advance_together(&[advance]).await?);
        }
        Ok(answers)
    }

    /// Appends each of `requests`, or says why it cannot be. An error of the whole is the database's.
    async fn append(&mut self, requests: &[&[PreparedEntry]]) -> Result<Answers, StoreError> {
        let mut answers = Vec::with_capacity(requests.len());
        match self.try_append(requests).await {
            Ok(outcomes) => answers.extend(outcomes.into_iter().map(Ok)),
            Err(error) if !is_refusal(&error) => return Err(error),
            Err(refusal) if requests.len() == 1 => answers.push(Err(refusal)),
            // One of them cannot be. Nothing is written yet, so each is looked at by itself.
            Err(_) => {
                for request in requests {
                    match self.try_append(&[request]).await {
                        Ok(outcomes) => answers.extend(outcomes.into_iter().map(Ok)),
                        Err(error) if is_refusal(&error) => answers.push(Err(error)),
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Ok(answers)
    }

    /// Appends all of `requests`. A refusal means that nothing was written.
    async fn try_append(
        &mut self,
        requests: &[&[PreparedEntry]],
    ) -> Result<Vec<Outcome>, StoreError> {
        let entries: Vec<&PreparedEntry> = requests.iter().copied().flatten().collect();
        let mut standings = Standings::load(self.connection, &entries).await?;
        for (sequence, entry) in (self.tail.sequence + 1..).zip(&entries) {
            standings.record(sequence, &entry.event)?;
        }
        let mut places = u64::try_from(self.tail.sequence).unwrap_or_default() + 1..;
        self.tail.append(self.connection, self.at, &entries).await?;
        standings.save(self.connection).await?;
        let outcome = |request: &&[PreparedEntry]| Outcome {
            sequences: places.by_ref().take(request.len()).collect(),
            ..Outcome::default()
        };
        Ok(requests.iter().map(outcome).collect())
    }

    /// Writes about executions.
    async fn execution(&mut self, work: &Work) -> Result<Outcome, StoreError> {
        match work {
            Work::Begin(beginning) => self.begin(beginning).await?,
            Work::KeepAttachment(attachment) => self.keep_attachment(attachment).await?,
            Work::Keep(document) => self.keep(document).await?,
            Work::Advance(advance) => self.advance(advance).await?,
            Work::Tell(telling) => self.tell(telling).await?,
            Work::Renew(claim) => self.renew(claim).await?,
            Work::Claim(claim) => return self.claim(claim).await,
            _ => {}
        }
        Ok(Outcome::default())
    }

    /// Appends what the store itself says about plans.
    pub(crate) async fn record(&mut self, entries: &[&PreparedEntry]) -> Result<(), StoreError> {
        self.tail.append(self.connection, self.at, entries).await
    }
}

/// Whether an error is about the request, and the transaction can go on without it.
fn is_refusal(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Conflict { .. }
            | StoreError::Invalid { .. }
            | StoreError::PlanNotFound { .. }
            | StoreError::ExecutionOver { .. }
            | StoreError::AlreadyUndone { .. }
            | StoreError::NotLeased { .. }
    )
}

/// A conflict over `plan`.
pub(crate) fn conflict(plan: PlanId, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Conflict { plan, reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
