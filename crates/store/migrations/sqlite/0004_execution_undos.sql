-- Which execution takes back which others: the one that its undo was asked for, which has the plan, and those that ran within it.
CREATE TABLE execution_undos (
    undo      TEXT NOT NULL REFERENCES executions (id),
    execution TEXT NOT NULL REFERENCES executions (id),
    plan      TEXT,
    PRIMARY KEY (undo, execution)
) STRICT;

CREATE INDEX execution_undos_of_execution ON execution_undos (execution, undo);
