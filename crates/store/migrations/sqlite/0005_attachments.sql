-- The files that came with the documents of executions, each once.
CREATE TABLE runbook_attachments (
    digest  TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;
