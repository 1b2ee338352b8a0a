import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { api } from "../../api";
import { useEstate } from "../../hooks/useEstate";
import { usePoll } from "../../hooks/usePoll";
import { navigate } from "../../hooks/useRoute";
import { counted, shortId } from "../../lib/format";
import { executionHref, runbookHref } from "../../lib/route";
import type { ExecutionUndo, Standing } from "../../types";
import { Brief } from "../Brief";
import { ConfirmModal } from "../ConfirmModal";
import { Loaded } from "../Problem";
import { Sentence } from "../Prose";

/** Shows what taking an execution back would do, and begins exactly that. */
export function UndoModal({ standing, onClose }: { standing: Standing; onClose: () => void }) {
  const { notify, suspended } = useEstate();
  const polled = usePoll(
    `undo of ${standing.id}`,
    (signal) => api.executionUndo(standing.id, signal),
    // What was shown is what is agreed to: it does not change under the reader's eyes.
    () => 3_600_000,
  );
  return (
    <ConfirmModal
      testid="execution-undo"
      header={`Take back: ${standing.runbook}`}
      confirm="Take back"
      comment={{ label: "Reason", required: false, placeholder: "Goes to the ledger" }}
      disabledReason={hindrance(polled.data, suspended !== null)}
      onClose={onClose}
      onConfirm={async (reason) => {
        if (polled.data === undefined) return;
        const { id } = await api.undoExecution(standing.id, { digest: polled.data.digest, reason });
        notify({ type: "success", header: "It is being taken back" });
        onClose();
        navigate(executionHref(id));
      }}
    >
      <Loaded of={polled} loading={<Spinner />}>
        {(undo) => <Plan undo={undo} />}
      </Loaded>
    </ConfirmModal>
  );
}

/** Why it cannot be begun now, if it cannot. */
function hindrance(undo: ExecutionUndo | undefined, isSuspended: boolean): string | undefined {
  if (isSuspended) return "Reeve is suspended: resume in the top bar first.";
  if (undo === undefined) return "It is not known yet what would be done.";
  if (undo.steps.length === 0 && undo.declared === null) return "Nothing of it can be taken back.";
  return undefined;
}

function Plan({ undo }: { undo: ExecutionUndo }) {
  return (
    <SpaceBetween size="m">
      {undo.continues !== null && (
        <Alert type="info">
          <Link href={executionHref(undo.continues)}>{shortId(undo.continues)}</Link> did not take everything back. This
          is the rest.
        </Alert>
      )}
      {undo.declared !== null && <Declared declared={undo.declared} />}
      {undo.declared === null && <Steps undo={undo} />}
      {undo.left.length > 0 && (
        <Alert type="warning" header={`${counted(undo.left.length, "change")} will stay`} data-testid="undo-left">
          <ul className="wishes">
            {undo.left.map((left, place) => (
              // A step may make the same change twice; their order never changes.
              // oxlint-disable-next-line react/no-array-index-key
              <li key={place}>
                <b>{left.step}</b> <code>{left.change}</code>: <Sentence text={left.why} />
              </li>
            ))}
          </ul>
        </Alert>
      )}
    </SpaceBetween>
  );
}

function Declared({ declared }: { declared: NonNullable<ExecutionUndo["declared"]> }) {
  return (
    <div>
      It is taken back by the runbook <Link href={runbookHref(declared.document)}>{declared.document}</Link>, as its
      document says, with <Brief value={declared.parameters} />
    </div>
  );
}

function Steps({ undo }: { undo: ExecutionUndo }) {
  if (undo.steps.length === 0) return <Box>Nothing that it did can be taken back.</Box>;
  return (
    <div>
      <Box variant="p">
        {counted(undo.steps.length, "call")}, in this order, in an execution of its own that can be taken back in turn:
      </Box>
      <ol className="undo-steps" data-testid="undo-steps">
        {undo.steps.map((step) => (
          <li key={step.name}>
            <code>{step.calls}</code> <span className="quiet">for</span> <b>{step.step}</b>{" "}
            <span className="quiet">
              which called {step.change}
              {step.execution !== undo.execution && ` in ${shortId(step.execution)}`}
            </span>
            <div className="detail">
              <Brief value={step.input} />
            </div>
            {step.waits_for !== null && (
              <div className="reason">
                <Sentence text={`waits first: ${step.waits_for}`} />
              </div>
            )}
            {step.looks && <div className="reason">Not if somebody changed it since: that is looked at first.</div>}
          </li>
        ))}
      </ol>
    </div>
  );
}
