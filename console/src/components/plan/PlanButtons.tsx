import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEstate } from "../../hooks/useEstate";
import { possible } from "../../lib/plan";
import type { PlanDetail } from "../../types";
import type { PlanQuestion } from "./PlanModal";

const SUSPENDED = "Reeve is suspended: resume in the top bar first.";

/** What may be done with the plan now; each opens a question first. */
export function PlanButtons({ plan, ask }: { plan: PlanDetail; ask: (question: PlanQuestion) => void }) {
  const { suspended } = useEstate();
  const can = possible(plan);
  const held = suspended !== null;
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {can.refuse && (
        <Button onClick={() => ask("refuse")} data-testid="plan-refuse">
          Refuse
        </Button>
      )}
      {can.approve && (
        <Button variant="primary" onClick={() => ask("approve")} data-testid="plan-approve">
          Approve
        </Button>
      )}
      {can.undo && (
        <Button
          iconName="undo"
          disabled={held}
          disabledReason={SUSPENDED}
          onClick={() => ask("undo")}
          data-testid="plan-undo"
        >
          Undo
        </Button>
      )}
      {(can.apply || can.retry) && (
        <Button
          variant="primary"
          disabled={held}
          disabledReason={SUSPENDED}
          onClick={() => ask(can.apply ? "apply" : "retry")}
          data-testid="plan-apply"
        >
          {can.apply ? "Apply" : "Try failed actions again"}
        </Button>
      )}
    </SpaceBetween>
  );
}
