/** States as words with an icon: never by colour alone, and unknown is never green. */

import Badge from "@cloudscape-design/components/badge";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { AuthorityLevel, Coverage, PlanSummary, Step, Verdict } from "../types";
import { phaseWords, stepWords } from "../lib/plan";
import { Prose } from "./Prose";

const VERDICTS = {
  pass: { type: "success", label: "Compliant" },
  fail: { type: "error", label: "Not compliant" },
  unknown: { type: "warning", label: "Unknown" },
} as const;

export function VerdictStatus({ verdict }: { verdict: Verdict }) {
  const { type, label } = VERDICTS[verdict] ?? VERDICTS.unknown;
  return <StatusIndicator type={type}>{label}</StatusIndicator>;
}

const COVERAGES = {
  managed: { color: "green", label: "Managed" },
  missing: { color: "red", label: "Tags missing" },
  unmanaged: { color: "grey", label: "Unmanaged" },
} as const;

export function CoverageBadge({ coverage }: { coverage: Coverage }) {
  const { color, label } = COVERAGES[coverage] ?? { color: "grey", label: coverage };
  return <Badge color={color}>{label}</Badge>;
}

const LEVELS = {
  observe: { color: "grey", label: "Observe" },
  propose: { color: "blue", label: "Propose" },
  act: { color: "green", label: "Act" },
} as const;

export function AuthorityBadge({ level }: { level: AuthorityLevel }) {
  const { color, label } = LEVELS[level] ?? { color: "grey", label: level };
  return <Badge color={color}>{label}</Badge>;
}

export function PhaseStatus({ plan }: { plan: Pick<PlanSummary, "phase" | "tally" | "undo_tally"> }) {
  const { status, label } = phaseWords(plan);
  return (
    <span data-testid="plan-phase" data-phase={plan.phase}>
      <StatusIndicator type={status}>{label}</StatusIndicator>
    </span>
  );
}

/** How far an action has come, and the text that says why it was refused or how it failed. */
export function StepStatus({ step }: { step: Step }) {
  const { status, label } = stepWords(step.step);
  return (
    <div data-step={step.step}>
      <StatusIndicator type={status}>{label}</StatusIndicator>
      {step.detail && (
        <div className="detail">
          <Prose text={step.detail} />
        </div>
      )}
    </div>
  );
}
