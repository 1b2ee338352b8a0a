-- Executions of runbooks: where each stands, what happened to it, what was said to it.

-- The documents that executions were begun with, each once.
CREATE TABLE runbooks (
    digest TEXT COLLATE "C" PRIMARY KEY,
    format TEXT NOT NULL,
    text   TEXT NOT NULL
);

-- An execution. Its state is the document that its journal leads to, written in the transaction of each record.
CREATE TABLE executions (
    id          TEXT COLLATE "C" PRIMARY KEY,
    runbook     TEXT COLLATE "C" NOT NULL,
    digest      TEXT COLLATE "C" NOT NULL REFERENCES runbooks (digest),
    account     TEXT COLLATE "C" NOT NULL,
    region      TEXT COLLATE "C" NOT NULL,
    parent      TEXT COLLATE "C",
    started_by  TEXT NOT NULL,
    reason      TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    status      TEXT COLLATE "C" NOT NULL,
    step        TEXT,
    state       TEXT NOT NULL,
    -- How many records its journal has: who writes the next one must have seen all before.
    records     BIGINT NOT NULL,
    -- When it wants to go on; nothing if only somebody's word moves it, or nothing any more.
    due_at      BIGINT,
    -- The worker that has it, and until when unless it says so again.
    worker      TEXT COLLATE "C",
    leased_until BIGINT
);

CREATE INDEX executions_due ON executions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX executions_leased ON executions (leased_until) WHERE worker IS NOT NULL;
CREATE INDEX executions_by_status ON executions (status, id);
CREATE INDEX executions_of_parent ON executions (parent, id) WHERE parent IS NOT NULL;

-- What happened to an execution, in order: intents before effects, results after them.
CREATE TABLE execution_records (
    execution TEXT COLLATE "C" NOT NULL REFERENCES executions (id),
    number    BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    kind      TEXT COLLATE "C" NOT NULL,
    data      TEXT NOT NULL,
    PRIMARY KEY (execution, number)
);

CREATE TRIGGER execution_records_are_not_updated BEFORE UPDATE ON execution_records FOR EACH ROW
    EXECUTE FUNCTION reeve_refuse('a record of an execution is never changed');

-- What was said to an execution, until the worker that has it takes it.
CREATE TABLE execution_signals (
    execution TEXT COLLATE "C" NOT NULL REFERENCES executions (id),
    number    BIGINT NOT NULL,
    data      TEXT NOT NULL,
    PRIMARY KEY (execution, number)
);
