import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import { useState } from "react";
import { api } from "../../api";
import { useEstate } from "../../hooks/useEstate";
import { counted } from "../../lib/format";
import type { PlanDetail } from "../../types";
import { ConfirmModal } from "../ConfirmModal";
import { WhatIsApplied } from "./WhatIsApplied";

export type PlanQuestion = "approve" | "refuse" | "apply" | "retry" | "undo";

interface Props {
  plan: PlanDetail;
  question: PlanQuestion;
  onClose: () => void;
  /** Called after the server agreed. */
  onDone: () => void;
}

const COMMENT = { label: "Comment", required: false, placeholder: "Goes to the ledger" };

/** Asks before something happens to a plan, and shows exactly what would. */
export function PlanModal(given: Props) {
  // What the person saw when the question was put is what is decided on, even if the page behind is renewed meanwhile.
  const [plan] = useState(given.plan);
  const props = { ...given, plan };
  switch (props.question) {
    case "approve":
      return <Approve {...props} />;
    case "refuse":
      return <Refuse {...props} />;
    case "undo":
      return <Undo {...props} />;
    case "apply":
    case "retry":
      return <Apply {...props} />;
  }
}

function useDone({ onClose, onDone }: Props) {
  const { notify } = useEstate();
  return (header: string) => {
    notify({ type: "success", header });
    onDone();
    onClose();
  };
}

function Approve(props: Props) {
  const { plan, onClose } = props;
  const { suspended } = useEstate();
  const done = useDone(props);
  const held = suspended === null ? undefined : "Reeve is suspended: nothing can be applied until it is resumed.";
  const approve = (apply: boolean) => async (comment: string) => {
    await api.approve(plan.id, { digest: plan.digest, comment, apply });
    done(apply ? "Approved: it is being applied" : "Approved: apply it when you are ready");
  };
  return (
    <ConfirmModal
      testid="approve"
      header="Approve this plan"
      confirm={`Approve and apply ${counted(plan.actions, "action")}`}
      disabledReason={held}
      other={{ id: "only", label: "Approve only", run: approve(false) }}
      comment={COMMENT}
      onClose={onClose}
      onConfirm={approve(true)}
    >
      <WhatIsApplied plan={plan} />
      <Box color="text-body-secondary">
        Exactly this is applied: an action whose resource changed since it was observed is refused, not forced. Each
        change is read back, and can be undone.
      </Box>
      {held && <Alert type="warning">{held} You can approve now and apply later.</Alert>}
    </ConfirmModal>
  );
}

function Refuse(props: Props) {
  const done = useDone(props);
  return (
    <ConfirmModal
      testid="refuse"
      header="Refuse this plan"
      confirm="Refuse"
      comment={{ label: "Reason", required: true, placeholder: "What should be different" }}
      onClose={props.onClose}
      onConfirm={async (comment) => {
        await api.refuse(props.plan.id, comment);
        done("Refused");
      }}
    >
      <Box>
        None of its {counted(props.plan.actions, "action")} is applied. Exactly the same is not proposed again by
        itself, but when somebody asks for a run, or when something about it changes.
      </Box>
    </ConfirmModal>
  );
}

function Apply(props: Props) {
  const { plan } = props;
  const done = useDone(props);
  const again = props.question === "retry";
  return (
    <ConfirmModal
      testid="apply"
      header={again ? "Try the failed actions again" : "Apply this plan"}
      confirm={again ? `Try ${counted(plan.tally.failed, "action")} again` : `Apply ${counted(plan.actions, "action")}`}
      onClose={props.onClose}
      onConfirm={async () => {
        await api.apply(plan.id);
        done("It is being applied");
      }}
    >
      {again ? (
        <Box>
          Only the {counted(plan.tally.failed, "failed action")} are tried. Refused ones need a new plan: observe again.
        </Box>
      ) : (
        <WhatIsApplied plan={plan} />
      )}
    </ConfirmModal>
  );
}

function Undo(props: Props) {
  const { plan } = props;
  const done = useDone(props);
  return (
    <ConfirmModal
      testid="undo"
      header="Undo this plan"
      confirm="Undo"
      comment={COMMENT}
      onClose={props.onClose}
      onConfirm={async (comment) => {
        await api.undo(plan.id, comment);
        done("It is being undone");
      }}
    >
      <WhatIsApplied plan={plan} undo />
      <Box color="text-body-secondary">
        A tag that someone changed since is left alone and reported. Unless the profile changes, the next run proposes
        the same changes again.
      </Box>
    </ConfirmModal>
  );
}
