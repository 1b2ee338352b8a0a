-- The files that came with the documents of executions, each once.
CREATE TABLE runbook_attachments (
    digest  TEXT COLLATE "C" PRIMARY KEY,
    content BYTEA NOT NULL
);
