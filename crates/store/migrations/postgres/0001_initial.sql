-- The first schema: the ledger, plans and their actions, what was observed.
-- Times are microseconds since 1970, ids and documents are text, yes and no are 1 and 0.
--
-- What is sorted or compared is in the order of its bytes, whatever the database's own collation is: as in SQLite.

-- Everything that happened, in order, each entry bound to the one before it by its hash. It is also the journal that
-- unfinished work is resumed from.
CREATE TABLE ledger (
    sequence      BIGINT PRIMARY KEY,
    at            BIGINT NOT NULL,
    actor         TEXT NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    plan_id       TEXT COLLATE "C",
    action_number BIGINT,
    account       TEXT COLLATE "C",
    region        TEXT COLLATE "C",
    data          TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
);

CREATE FUNCTION reeve_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = TG_ARGV[0];
END
$$;

CREATE TRIGGER ledger_is_not_updated BEFORE UPDATE ON ledger FOR EACH ROW
    EXECUTE FUNCTION reeve_refuse('the ledger is append-only: no entry is ever changed');

CREATE TRIGGER ledger_is_not_deleted BEFORE DELETE ON ledger FOR EACH ROW
    EXECUTE FUNCTION reeve_refuse('the ledger is append-only: no entry is ever removed');

CREATE TRIGGER ledger_is_not_truncated BEFORE TRUNCATE ON ledger FOR EACH STATEMENT
    EXECUTE FUNCTION reeve_refuse('the ledger is append-only: no entry is ever removed');

-- A plan's events in order, to replay it.
CREATE INDEX ledger_of_plan ON ledger (plan_id, sequence) WHERE plan_id IS NOT NULL;
-- A plan's own history, without what happened to each action.
CREATE INDEX ledger_of_plan_itself ON ledger (plan_id, sequence)
    WHERE plan_id IS NOT NULL AND action_number IS NULL;
-- The last run, the last suspension: few entries belong to no plan.
CREATE INDEX ledger_of_kind ON ledger (kind, sequence) WHERE plan_id IS NULL;

-- The last entry, written in the transaction that appends it: a ledger that ends before its head was cut.
CREATE TABLE ledger_head (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    hash     TEXT NOT NULL
);

INSERT INTO ledger_head (id, sequence, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Plans. Phase and counts are folded from the ledger in the transaction that appends to it.
CREATE TABLE plans (
    id             TEXT COLLATE "C" PRIMARY KEY,
    controller     TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT NOT NULL,
    start          TEXT NOT NULL,
    start_reason   TEXT,
    digest         TEXT COLLATE "C" NOT NULL,
    accounts       TEXT NOT NULL,
    actions        BIGINT NOT NULL,
    phase          TEXT COLLATE "C" NOT NULL,
    apply_verified BIGINT NOT NULL DEFAULT 0,
    apply_refused  BIGINT NOT NULL DEFAULT 0,
    apply_failed   BIGINT NOT NULL DEFAULT 0,
    started        BIGINT NOT NULL DEFAULT 0,
    undo_verified  BIGINT NOT NULL DEFAULT 0,
    undo_refused   BIGINT NOT NULL DEFAULT 0,
    undo_failed    BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX plans_by_phase ON plans (phase, id);
CREATE INDEX plans_by_digest ON plans (digest, id);

-- The actions of a plan, exactly as they were proposed; never changed.
CREATE TABLE plan_actions (
    plan_id     TEXT COLLATE "C" NOT NULL REFERENCES plans (id),
    number      BIGINT NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    region      TEXT COLLATE "C" NOT NULL,
    type        TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    arn         TEXT COLLATE "C" NOT NULL,
    digest      TEXT COLLATE "C" NOT NULL,
    document    TEXT NOT NULL,
    PRIMARY KEY (plan_id, number)
);

CREATE INDEX plan_actions_by_digest ON plan_actions (digest);

CREATE TRIGGER plan_actions_are_not_updated BEFORE UPDATE ON plan_actions FOR EACH ROW
    EXECUTE FUNCTION reeve_refuse('an action never changes once its plan is proposed');

-- How far each action has come, folded from the ledger. An action that nothing happened to has no row.
CREATE TABLE action_progress (
    plan_id        TEXT COLLATE "C" NOT NULL REFERENCES plans (id),
    number         BIGINT NOT NULL,
    apply_step     TEXT NOT NULL,
    apply_detail   TEXT,
    apply_sequence BIGINT,
    undo_step      TEXT NOT NULL,
    undo_detail    TEXT,
    undo_sequence  BIGINT,
    started        BIGINT NOT NULL,
    PRIMARY KEY (plan_id, number)
);

CREATE INDEX action_progress_undone ON action_progress (plan_id, number) WHERE undo_step = 'verified';

-- The accounts of the estate.
CREATE TABLE accounts (
    id            TEXT COLLATE "C" PRIMARY KEY,
    name          TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL
);

-- What each look covered: one type in one Region of one account. The counts are those of its resources.
CREATE TABLE scopes (
    account            TEXT COLLATE "C" NOT NULL,
    region             TEXT COLLATE "C" NOT NULL,
    type               TEXT COLLATE "C" NOT NULL,
    run                TEXT NOT NULL,
    looked_at          BIGINT NOT NULL,
    observed_at        BIGINT,
    unknown_call       TEXT,
    unknown_permission TEXT,
    unknown_message    TEXT,
    resources          BIGINT NOT NULL DEFAULT 0,
    passing            BIGINT NOT NULL DEFAULT 0,
    failing            BIGINT NOT NULL DEFAULT 0,
    unknown            BIGINT NOT NULL DEFAULT 0,
    managed            BIGINT NOT NULL DEFAULT 0,
    missing            BIGINT NOT NULL DEFAULT 0,
    unmanaged          BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account, region, type)
);

CREATE INDEX scopes_unknown ON scopes (account, region, type) WHERE unknown_message IS NOT NULL;

-- Resources as they were last observed.
CREATE TABLE resources (
    account            TEXT COLLATE "C" NOT NULL,
    region             TEXT COLLATE "C" NOT NULL,
    type               TEXT COLLATE "C" NOT NULL,
    id                 TEXT COLLATE "C" NOT NULL,
    arn                TEXT COLLATE "C" NOT NULL,
    name               TEXT,
    verdict            TEXT NOT NULL,
    unknown_call       TEXT,
    unknown_permission TEXT,
    unknown_message    TEXT,
    coverage           TEXT NOT NULL,
    run                TEXT NOT NULL,
    observed_at        BIGINT NOT NULL,
    search             TEXT NOT NULL,
    document           TEXT NOT NULL,
    PRIMARY KEY (account, region, type, id)
);

CREATE INDEX resources_unknown ON resources (account, region, type, id) WHERE verdict = 'unknown';

-- The last transaction of each process that writes: after a connection was lost, whether it was committed. SQLite has no
-- such table, since nothing is lost between a process and its file.
CREATE TABLE writers (
    id          TEXT COLLATE "C" PRIMARY KEY,
    transaction BIGINT NOT NULL,
    at          BIGINT NOT NULL
);
