import Box from "@cloudscape-design/components/box";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { api } from "../../api";
import { usePoll } from "../../hooks/usePoll";
import { count, counted, shortDigest } from "../../lib/format";
import { wishes } from "../../lib/plan";
import type { PlanDetail } from "../../types";
import { Wish } from "../Change";
import { AccountName } from "../ResourceName";

const MOST = 8;

/** How many actions are read to sum a plan up; a larger one says that it is a part. */
const SUMMED_UP = 1000;
const HOUR = 3_600_000;

/** Exactly what would happen: how many actions, in which accounts, under which digest, and the changes summed up. */
export function WhatIsApplied({ plan, undo = false }: { plan: PlanDetail; undo?: boolean }) {
  const undone = plan.tally.verified + plan.tally.failed;
  return (
    <SpaceBetween size="m">
      <KeyValuePairs
        columns={3}
        items={[
          {
            label: undo ? "Goes back" : "Actions",
            value: (
              <Box variant="h3" tagOverride="div" padding="n">
                {undo ? `up to ${count(undone)}` : count(plan.actions)}
              </Box>
            ),
          },
          {
            label: "Accounts",
            value: plan.accounts.map((account) => (
              <div key={account}>
                <AccountName id={account} />
              </div>
            )),
          },
          {
            label: "Digest",
            value: (
              <span className="mono" title={plan.digest} data-testid="modal-digest">
                {shortDigest(plan.digest)}…
              </span>
            ),
          },
        ]}
      />
      {!undo && <Summary plan={plan} />}
      {undo && (
        <Box>
          Every tag that this plan changed returns to its value from before:{" "}
          {counted(plan.tally.verified, "verified change")}
          {plan.tally.failed > 0 && `, and ${counted(plan.tally.failed, "failed one")} as far as it came`}.
        </Box>
      )}
    </SpaceBetween>
  );
}

function Summary({ plan }: { plan: PlanDetail }) {
  const { data, error } = usePoll(
    `summary ${plan.id}`,
    (signal) => api.plan(plan.id, { limit: SUMMED_UP }, signal),
    () => HOUR,
  );
  if (data === undefined) return error ? <>The changes could not be summed up: see the table behind.</> : <Spinner />;
  const lines = wishes(data.items);
  return (
    <div data-testid="modal-summary">
      <Box variant="awsui-key-label">
        {data.next === null ? "In short" : `In short, of the first ${counted(data.items.length, "action")}`}
      </Box>
      <ul className="wishes">
        {lines.slice(0, MOST).map((line) => (
          <li key={`${line.kind} ${line.key} ${line.value}`}>
            <Wish line={line} /> <span className="quiet">on {counted(line.resources, "resource")}</span>
          </li>
        ))}
      </ul>
      {lines.length > MOST && (
        <Box variant="small">and {counted(lines.length - MOST, "other kind of change", "other kinds of change")}</Box>
      )}
    </div>
  );
}
