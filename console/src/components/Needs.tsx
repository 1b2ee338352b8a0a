import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Run } from "../hooks/useRun";
import { capital } from "../lib/format";
import { executionHref, href, planHref } from "../lib/route";
import type { Need, NeedKind, Overview } from "../types";
import { ObserveButton } from "./Observe";
import { Prose } from "./Prose";

const KINDS: Record<NeedKind, { status: StatusIndicatorProps.Type; action: string; target: string }> = {
  suspended: { status: "stopped", action: "See who and why", target: href("/ledger") },
  plan_failed: { status: "error", action: "See what failed", target: href("/plans") },
  plan_waiting: { status: "pending", action: "Review the plan", target: href("/plans", { phase: "proposed" }) },
  plan_applying: { status: "in-progress", action: "Watch", target: href("/plans") },
  execution_waiting: {
    status: "pending",
    action: "Look and answer",
    target: href("/executions", { status: "Waiting" }),
  },
  execution_failed: { status: "error", action: "See what failed", target: href("/executions", { status: "Failed" }) },
  run_failed: { status: "error", action: "See what happened", target: href("/ledger", { kind: "run" }) },
  unknown: { status: "warning", action: "See what is unknown", target: href("/accounts") },
  unmanaged_rise: {
    status: "warning",
    action: "See which",
    target: href("/resources", { coverage: "unmanaged" }),
  },
  never_observed: { status: "info", action: "Observe now", target: href("/") },
};

const FALLBACK = { status: "info", action: "Look", target: href("/plans") } as const;

/** What the need is about, if that is a single thing. */
function subject({ plan, execution }: Need): string | undefined {
  if (plan !== null) return planHref(plan);
  return execution ? executionHref(execution) : undefined;
}

function NeedRow({ need, run, first }: { need: Need; run: Run; first: boolean }) {
  const { status, action, target } = KINDS[need.kind] ?? FALLBACK;
  return (
    <li className="need" data-testid="need" data-kind={need.kind}>
      <div>
        <StatusIndicator type={status}>
          <b>
            <Prose text={capital(need.title)} />
          </b>
        </StatusIndicator>
        <div className="place">
          <Prose text={need.detail} />
        </div>
      </div>
      {need.kind === "never_observed" ? (
        <ObserveButton run={run} primary />
      ) : (
        <Button href={subject(need) ?? target} variant={first ? "primary" : "normal"} data-testid="need-action">
          {action}
        </Button>
      )}
    </li>
  );
}

/** What waits for a person, most urgent first; an empty list says what that rests on. */
export function Needs({ overview, run }: { overview: Overview; run: Run }) {
  if (overview.needs.length > 0) {
    return (
      <ul className="needs" data-testid="needs">
        {overview.needs.map((need, index) => (
          <NeedRow
            key={`${need.kind} ${need.plan ?? need.execution ?? need.title}`}
            need={need}
            run={run}
            first={index === 0}
          />
        ))}
      </ul>
    );
  }
  return (
    <Box data-testid="needs-nothing">
      <StatusIndicator type={overview.last_run === null ? "info" : "success"}>
        {overview.last_run === null
          ? "Nothing is known yet: the estate was never observed."
          : "Nothing: every plan is decided, no execution waits, and every part of the estate was seen."}
      </StatusIndicator>
    </Box>
  );
}
