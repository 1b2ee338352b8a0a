//! The files that come with runbooks: kept by digest when an execution begins, so that whichever worker has it has them too.

use crate::{
    Store,
    committer::{Work, Writer},
    error::{Doing as _, StoreError},
};

const KEEP: &str = "INSERT INTO runbook_attachments (digest, content) VALUES ($1, $2) \
     ON CONFLICT (digest) DO NOTHING";

const CONTENT: &str = "SELECT content FROM runbook_attachments WHERE digest = $1";

const IS_KEPT: &str = "SELECT count(*) FROM runbook_attachments WHERE digest = $1";

/// A file that came with a runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookAttachment {
    /// The SHA-256 of its content, in lower-case hexadecimal.
    pub digest: String,
    /// Its content.
    pub content: Vec<u8>,
}

impl Store {
    /// Keeps a file, if it is not kept already; durable when it returns.
    pub async fn keep_attachment(&self, attachment: RunbookAttachment) -> Result<(), StoreError> {
        let known: i64 = sqlx::query_scalar(IS_KEPT)
            .bind(&attachment.digest)
            .fetch_one(self.readers())
            .await
            .doing("look for an attachment")?;
        if known > 0 {
            return Ok(());
        }
        self.submit(Work::KeepAttachment(attachment)).await.map(|_| ())
    }

    /// The content of a file that was kept.
    pub async fn attachment(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar(CONTENT)
            .bind(digest)
            .fetch_optional(self.readers())
            .await
            .doing("read an attachment")
    }
}

impl Writer<'_> {
    /// Keeps a file.
    pub(crate) async fn keep_attachment(
        &mut self,
        RunbookAttachment { digest, content }: &RunbookAttachment,
    ) -> Result<(), StoreError> {
        sqlx::query(KEEP)
            .bind(digest)
            .bind(content.as_slice())
            .execute(&mut *self.connection)
            .await
            .doing("keep an attachment")?;
        Ok(())
    }
}
