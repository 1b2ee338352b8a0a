-- What was undone is compared change by change, and the changes of a resource are found by its ARN.
DROP INDEX plan_actions_by_digest;

CREATE INDEX plan_actions_by_arn ON plan_actions (arn);
