-- The first schema: the ledger, plans and their actions, what was observed.
-- Times are microseconds since 1970, ids and documents are text, yes and no are 1 and 0.

-- Everything that happened, in order, each entry bound to the one before it by its hash. It is also the journal that
-- unfinished work is resumed from.
CREATE TABLE ledger (
    sequence      INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    actor         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    plan_id       TEXT,
    action_number INTEGER,
    account       TEXT,
    region        TEXT,
    data          TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
) STRICT;

CREATE TRIGGER ledger_is_not_updated BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: no entry is ever changed');
END;

CREATE TRIGGER ledger_is_not_deleted BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: no entry is ever removed');
END;

-- A plan's events in order, to replay it.
CREATE INDEX ledger_of_plan ON ledger (plan_id, sequence) WHERE plan_id IS NOT NULL;
-- A plan's own history, without what happened to each action.
CREATE INDEX ledger_of_plan_itself ON ledger (plan_id, sequence)
    WHERE plan_id IS NOT NULL AND action_number IS NULL;
-- The last run, the last suspension: few entries belong to no plan.
CREATE INDEX ledger_of_kind ON ledger (kind, sequence) WHERE plan_id IS NULL;

-- The last entry, written in the transaction that appends it: a ledger that ends before its head was cut.
CREATE TABLE ledger_head (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,
    hash     TEXT NOT NULL
) STRICT;

INSERT INTO ledger_head (id, sequence, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Plans. Phase and counts are folded from the ledger in the transaction that appends to it.
CREATE TABLE plans (
    id             TEXT PRIMARY KEY,
    controller     TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    start          TEXT NOT NULL,
    start_reason   TEXT,
    digest         TEXT NOT NULL,
    accounts       TEXT NOT NULL,
    actions        INTEGER NOT NULL,
    phase          TEXT NOT NULL,
    apply_verified INTEGER NOT NULL DEFAULT 0,
    apply_refused  INTEGER NOT NULL DEFAULT 0,
    apply_failed   INTEGER NOT NULL DEFAULT 0,
    started        INTEGER NOT NULL DEFAULT 0,
    undo_verified  INTEGER NOT NULL DEFAULT 0,
    undo_refused   INTEGER NOT NULL DEFAULT 0,
    undo_failed    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX plans_by_phase ON plans (phase, id);
CREATE INDEX plans_by_digest ON plans (digest, id);

-- The actions of a plan, exactly as they were proposed; never changed.
CREATE TABLE plan_actions (
    plan_id     TEXT NOT NULL REFERENCES plans (id),
    number      INTEGER NOT NULL,
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    type        TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    arn         TEXT NOT NULL,
    digest      TEXT NOT NULL,
    document    TEXT NOT NULL,
    PRIMARY KEY (plan_id, number)
) STRICT;

CREATE INDEX plan_actions_by_digest ON plan_actions (digest);

CREATE TRIGGER plan_actions_are_not_updated BEFORE UPDATE ON plan_actions
BEGIN
    SELECT RAISE(ABORT, 'an action never changes once its plan is proposed');
END;

-- How far each action has come, folded from the ledger. An action that nothing happened to has no row.
CREATE TABLE action_progress (
    plan_id        TEXT NOT NULL REFERENCES plans (id),
    number         INTEGER NOT NULL,
    apply_step     TEXT NOT NULL,
    apply_detail   TEXT,
    apply_sequence INTEGER,
    undo_step      TEXT NOT NULL,
    undo_detail    TEXT,
    undo_sequence  INTEGER,
    started        INTEGER NOT NULL,
    PRIMARY KEY (plan_id, number)
) STRICT;

CREATE INDEX action_progress_undone ON action_progress (plan_id, number) WHERE undo_step = 'verified';

-- The accounts of the estate.
CREATE TABLE accounts (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL
) STRICT;

-- What each look covered: one type in one Region of one account. The counts are those of its resources.
CREATE TABLE scopes (
    account            TEXT NOT NULL,
    region             TEXT NOT NULL,
    type               TEXT NOT NULL,
    run                TEXT NOT NULL,
    looked_at          INTEGER NOT NULL,
    observed_at        INTEGER,
    unknown_call       TEXT,
    unknown_permission TEXT,
    unknown_message    TEXT,
    resources          INTEGER NOT NULL DEFAULT 0,
    passing            INTEGER NOT NULL DEFAULT 0,
    failing            INTEGER NOT NULL DEFAULT 0,
    unknown            INTEGER NOT NULL DEFAULT 0,
    managed            INTEGER NOT NULL DEFAULT 0,
    missing            INTEGER NOT NULL DEFAULT 0,
    unmanaged          INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, region, type)
) STRICT;

CREATE INDEX scopes_unknown ON scopes (account, region, type) WHERE unknown_message IS NOT NULL;

-- Resources as they were last observed.
CREATE TABLE resources (
    account            TEXT NOT NULL,
    region             TEXT NOT NULL,
    type               TEXT NOT NULL,
    id                 TEXT NOT NULL,
    arn                TEXT NOT NULL,
    name               TEXT,
    verdict            TEXT NOT NULL,
    unknown_call       TEXT,
    unknown_permission TEXT,
    unknown_message    TEXT,
    coverage           TEXT NOT NULL,
    run                TEXT NOT NULL,
    observed_at        INTEGER NOT NULL,
    search             TEXT NOT NULL,
    document           TEXT NOT NULL,
    PRIMARY KEY (account, region, type, id)
) STRICT;

CREATE INDEX resources_unknown ON resources (account, region, type, id) WHERE verdict = 'unknown';
