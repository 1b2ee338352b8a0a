import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { api } from "../../api";
import { usePoll } from "../../hooks/usePoll";
import { counted } from "../../lib/format";
import type { RunbookPolicy } from "../../types";
import { DocumentText } from "../DocumentText";
import { Loaded } from "../Problem";
import { Sentence } from "../Prose";

/** The IAM policies that allow exactly what a runbook calls. */
export function PolicyText({ runbook }: { runbook: string }) {
  const polled = usePoll(
    `policy ${runbook}`,
    (signal) => api.runbookPolicy(runbook, "", signal),
    () => 300_000,
  );
  return (
    <Loaded of={polled} loading={<Spinner size="large" />}>
      {(policy) => <Policies policy={policy} />}
    </Loaded>
  );
}

function Policies({ policy: { policies, unclear } }: { policy: RunbookPolicy }) {
  return (
    <SpaceBetween size="m">
      {unclear.length > 0 && (
        <Alert type="warning" header="What else it calls is not known">
          {unclear.map((sentence) => (
            <div key={sentence}>
              <Sentence text={sentence} />
            </div>
          ))}
        </Alert>
      )}
      {policies.length === 0 && <Box>It calls nothing of AWS: no policy is needed.</Box>}
      {policies.map(({ name, statements, document, characters }) => {
        const text = JSON.stringify(document, null, 2);
        return (
          <SpaceBetween key={name} size="s">
            <Header
              variant="h3"
              description={`${counted(statements.length, "statement")}, ${counted(characters, "character")}`}
              actions={
                <CopyToClipboard
                  copyButtonText="Copy"
                  copySuccessText="Copied"
                  copyErrorText="Could not copy"
                  textToCopy={text}
                />
              }
            >
              {name}
            </Header>
            <ul className="wishes">
              {statements.map(({ sid, purpose }) => (
                <li key={sid}>
                  <code>{sid}</code>: {purpose}
                </li>
              ))}
            </ul>
            <DocumentText text={text} label={`Policy ${name}`} />
          </SpaceBetween>
        );
      })}
    </SpaceBetween>
  );
}
