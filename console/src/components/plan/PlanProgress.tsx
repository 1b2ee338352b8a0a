import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ProgressBar, { type ProgressBarProps } from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { count, counted } from "../../lib/format";
import { isMoving, percentDone, tallyWords, troubled } from "../../lib/plan";
import type { PlanDetail, StepName, Tally } from "../../types";

interface Props {
  plan: PlanDetail;
  /** Shows only the actions at `step`. */
  showStep: (step: StepName) => void;
}

/** How far apply and undo have come, live, and what went wrong on the way; nothing before the first change. */
export function PlanProgress({ plan, showStep }: Props) {
  const begun = ["applying", "applied", "undoing", "undone"].includes(plan.phase);
  if (!begun) return null;
  return (
    <Container
      data-testid="plan-progress"
      data-apply={tallyWords(plan.tally)}
      data-verified={plan.tally.verified}
      data-undo={plan.undo_tally ? tallyWords(plan.undo_tally) : ""}
      data-undone={plan.undo_tally?.verified ?? 0}
    >
      <SpaceBetween size="m">
        <Bar label="Apply" tally={plan.tally} moving={plan.phase === "applying"} />
        {plan.undo_tally && <Bar label="Undo" tally={plan.undo_tally} moving={plan.phase === "undoing"} />}
        {!isMoving(plan.phase) && <Trouble plan={plan} showStep={showStep} />}
      </SpaceBetween>
    </Container>
  );
}

function Bar({ label, tally, moving }: { label: string; tally: Tally; moving: boolean }) {
  const status: ProgressBarProps.Status =
    moving || tally.open > 0 ? "in-progress" : tally.failed > 0 ? "error" : "success";
  return (
    <ProgressBar
      label={label}
      value={percentDone(tally)}
      status={status}
      description={moving ? `${count(tally.total - tally.open)} of ${counted(tally.total, "action")}` : undefined}
      additionalInfo={moving ? tallyWords(tally) : undefined}
      resultText={`${tallyWords(tally)} of ${counted(tally.total, "action")}`}
    />
  );
}

function Trouble({ plan, showStep }: Props) {
  const tally = plan.phase === "undone" ? (plan.undo_tally ?? plan.tally) : plan.tally;
  if (troubled(tally) === 0) return null;
  return (
    <Alert
      type={tally.failed > 0 ? "error" : "warning"}
      header="Not every action came true"
      data-testid="plan-trouble"
      action={
        <SpaceBetween direction="horizontal" size="xs">
          {tally.failed > 0 && <Button onClick={() => showStep("failed")}>Show failed</Button>}
          {tally.refused > 0 && <Button onClick={() => showStep("refused")}>Show refused</Button>}
        </SpaceBetween>
      }
    >
      {tally.failed > 0 && <div>{counted(tally.failed, "action")} failed: try again once the cause is gone.</div>}
      {tally.refused > 0 && (
        <div>
          {counted(tally.refused, "action")} refused, because the resource is no longer what was approved: observe again
          for a new plan.
        </div>
      )}
    </Alert>
  );
}
