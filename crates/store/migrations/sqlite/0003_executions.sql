-- Executions of runbooks: where each stands, what happened to it, what was said to it.

-- The documents that executions were begun with, each once.
CREATE TABLE runbooks (
    digest TEXT PRIMARY KEY,
    format TEXT NOT NULL,
    text   TEXT NOT NULL
) STRICT;

-- An execution. Its state is the document that its journal leads to, written in the transaction of each record.
CREATE TABLE executions (
    id          TEXT PRIMARY KEY,
    runbook     TEXT NOT NULL,
    digest      TEXT NOT NULL REFERENCES runbooks (digest),
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    parent      TEXT,
    started_by  TEXT NOT NULL,
    reason      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    status      TEXT NOT NULL,
    step        TEXT,
    state       TEXT NOT NULL,
    -- How many records its journal has: who writes the next one must have seen all before.
    records     INTEGER NOT NULL,
    -- When it wants to go on; nothing if only somebody's word moves it, or nothing any more.
    due_at      INTEGER,
    -- The worker that has it, and until when unless it says so again.
    worker      TEXT,
    leased_until INTEGER
) STRICT;

CREATE INDEX executions_due ON executions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX executions_leased ON executions (leased_until) WHERE worker IS NOT NULL;
CREATE INDEX executions_by_status ON executions (status, id);
CREATE INDEX executions_of_parent ON executions (parent, id) WHERE parent IS NOT NULL;

-- What happened to an execution, in order: intents before effects, results after them.
CREATE TABLE execution_records (
    execution TEXT NOT NULL REFERENCES executions (id),
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    data      TEXT NOT NULL,
    PRIMARY KEY (execution, number)
) STRICT;

CREATE TRIGGER execution_records_are_not_updated BEFORE UPDATE ON execution_records
BEGIN
    SELECT RAISE(ABORT, 'a record of an execution is never changed');
END;

-- What was said to an execution, until the worker that has it takes it.
CREATE TABLE execution_signals (
    execution TEXT NOT NULL REFERENCES executions (id),
    number    INTEGER NOT NULL,
    data      TEXT NOT NULL,
    PRIMARY KEY (execution, number)
) STRICT;
