import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { counted } from "../../lib/format";
import type { DryRun } from "../../types";
import { DocumentText } from "../DocumentText";
import { Prose } from "../Prose";

/** Every call that a runbook would make, in order; only what reads was called to find out. */
export function DryRunResult({ plan }: { plan: DryRun }) {
  return (
    <div data-testid="dry-run-result" data-changes={plan.changes}>
      <SpaceBetween size="s">
        <div>
          <Box variant="h3" tagOverride="h3">
            What it would do
          </Box>
          <span className="quiet">
            {plan.changes === 0
              ? "Nothing would be changed."
              : `${counted(plan.changes, "call")} would change something`}
            {plan.changes > 0 && (plan.without_undo === 0 ? "." : `, ${plan.without_undo} of them without a way back.`)}{" "}
            Only what reads was called to find this out; what is not known yet stands in «…».
          </span>
        </div>
        <ol className="dry-run">
          {plan.entries.map((entry, place) => (
            // Entries have no name of their own, and never change places.
            // oxlint-disable-next-line react/no-array-index-key
            <li key={place}>
              <Entry entry={entry} />
            </li>
          ))}
        </ol>
      </SpaceBetween>
    </div>
  );
}

function Entry({ entry }: { entry: DryRun["entries"][number] }) {
  const head = (
    <>
      {entry.step !== null && <b>{entry.step} </b>}
      {entry.call === null ? <Prose text={entry.summary} /> : <code>{entry.call}</code>}
    </>
  );
  if (entry.call === null) return <span className="quiet">{head}</span>;
  return (
    <>
      {head}
      {entry.without_undo !== null && (
        <div>
          <StatusIndicator type="warning">Cannot be taken back: {entry.without_undo}</StatusIndicator>
        </div>
      )}
      <ExpandableSection
        headerText="Input"
        variant="inline"
        defaultExpanded={Object.keys(entry.input ?? {}).length < 6}
      >
        <DocumentText text={JSON.stringify(entry.input, null, 2)} label={`Input of ${entry.call}`} />
      </ExpandableSection>
    </>
  );
}
