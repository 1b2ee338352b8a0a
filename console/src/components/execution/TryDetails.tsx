import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { Try } from "../../lib/execution";
import { dateTime } from "../../lib/format";
import { DocumentText } from "../DocumentText";
import { Prose } from "../Prose";
import { ExecutionStatus } from "./ExecutionStatus";

/** One try of a step in full: what it was given, what it did, what it gave. */
export function TryDetails({ of }: { of: Try }) {
  return (
    <SpaceBetween size="l">
      <KeyValuePairs
        columns={2}
        items={[
          { label: "State", value: <ExecutionStatus status={of.status} /> },
          {
            label: "Try",
            value: of.rounds.length === 0 ? of.attempt : `${of.attempt}, in round ${of.rounds.join(".")}`,
          },
          { label: "Began", value: dateTime(of.began_at) },
          { label: "Ended", value: of.ended_at === null ? "not yet" : dateTime(of.ended_at) },
        ]}
      />
      {of.error !== null && (
        <Alert type="error" header="It failed">
          <Prose text={of.error} />
        </Alert>
      )}
      {of.calls.length > 0 && (
        <Part title="What it did">
          <ul className="wishes">
            {of.calls.map((call, place) => (
              // A call may be made twice; their order never changes.
              // oxlint-disable-next-line react/no-array-index-key
              <li key={place}>
                <code>{call}</code>
              </li>
            ))}
          </ul>
        </Part>
      )}
      {of.log !== "" && (
        <Part title="What its script printed">
          <DocumentText text={of.log} label="What its script printed" />
        </Part>
      )}
      <Values title="Inputs" values={of.inputs} />
      <Values title="Outputs" values={of.outputs} />
    </SpaceBetween>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Box variant="h4" tagOverride="h3">
        {title}
      </Box>
      {children}
    </div>
  );
}

/** Values by name, as JSON. */
export function Values({ title, values }: { title: string; values: Record<string, unknown> }) {
  return (
    <Part title={title}>
      {Object.keys(values).length === 0 ? (
        <span className="quiet">none</span>
      ) : (
        <DocumentText text={JSON.stringify(values, null, 2)} label={title} />
      )}
    </Part>
  );
}
