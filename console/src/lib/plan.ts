/** What the state of a plan means for the person who looks at it. */

import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { PlanAction, PlanPhase, PlanSummary, StepName, Tally, TagChange } from "../types";

interface PhaseWords {
  label: string;
  status: StatusIndicatorProps.Type;
}

const PHASES: Record<PlanPhase, PhaseWords> = {
  proposed: { label: "Waits for you", status: "pending" },
  approved: { label: "Approved, not applied", status: "pending" },
  refused: { label: "Refused", status: "stopped" },
  superseded: { label: "Superseded", status: "stopped" },
  applying: { label: "Applying", status: "in-progress" },
  applied: { label: "Applied", status: "success" },
  undoing: { label: "Undoing", status: "in-progress" },
  undone: { label: "Undone", status: "info" },
};

/** How many actions did not come true. */
export const troubled = (tally: Tally): number => tally.refused + tally.failed;

/** A phase in words; a finished plan is green only if every action came true. */
export function phaseWords(plan: Pick<PlanSummary, "phase" | "tally" | "undo_tally">): PhaseWords {
  const words = PHASES[plan.phase] ?? { label: plan.phase, status: "info" };
  const tally = plan.phase === "undone" ? plan.undo_tally : plan.phase === "applied" ? plan.tally : null;
  if (tally === null || troubled(tally) === 0) return words;
  return { label: `${words.label} in part`, status: tally.failed > 0 ? "error" : "warning" };
}

/** Whether work is going on, so that the page looks often. */
export const isMoving = (phase: PlanPhase): boolean => phase === "applying" || phase === "undoing";

export interface Possible {
  approve: boolean;
  refuse: boolean;
  apply: boolean;
  retry: boolean;
  undo: boolean;
}

/** What a person may do with a plan now; the server decides again. */
export function possible(plan: Pick<PlanSummary, "phase" | "tally" | "undo_tally">): Possible {
  return {
    approve: plan.phase === "proposed",
    refuse: plan.phase === "proposed" || plan.phase === "approved",
    apply: plan.phase === "approved",
    retry: plan.phase === "applied" && plan.tally.failed > 0,
    undo:
      (plan.phase === "applied" && plan.tally.verified + plan.tally.failed > 0) ||
      (plan.phase === "undone" && (plan.undo_tally?.failed ?? 0) > 0),
  };
}

/** The share of actions that came to an end, in percent. */
export function percentDone(tally: Tally): number {
  return tally.total === 0 ? 100 : Math.floor((100 * (tally.total - tally.open)) / tally.total);
}

/** "40 verified, 2 refused, 1 failed, 7 to go"; zeros are left out. */
export function tallyWords(tally: Tally): string {
  const parts: [number, string][] = [
    [tally.verified, "verified"],
    [tally.refused, "refused"],
    [tally.failed, "failed"],
    [tally.open, "to go"],
  ];
  const said = parts.filter(([value]) => value > 0).map(([value, what]) => `${value.toLocaleString("en")} ${what}`);
  return said.length === 0 ? "nothing to do" : said.join(", ");
}

const STEPS: Record<StepName, PhaseWords> = {
  pending: { label: "Not started", status: "pending" },
  started: { label: "Started", status: "in-progress" },
  performed: { label: "Changed, reading back", status: "in-progress" },
  verified: { label: "Verified", status: "success" },
  refused: { label: "Refused", status: "warning" },
  failed: { label: "Failed", status: "error" },
};

export const stepWords = (step: StepName): PhaseWords => STEPS[step] ?? { label: step, status: "info" };

export type ChangeKind = "add" | "change" | "remove";

export function changeKind(change: Pick<TagChange, "before" | "after">): ChangeKind {
  if (change.before === null) return "add";
  return change.after === null ? "remove" : "change";
}

/** What `actions` would do, summed up: the same wish on many resources is one line. */
export interface WishLine {
  kind: ChangeKind;
  key: string;
  value: string | null;
  resources: number;
}

/** The wishes in `actions`, most common first. */
export function wishes(actions: readonly PlanAction[]): WishLine[] {
  const lines = new Map<string, WishLine>();
  for (const change of actions.flatMap((action) => action.changes)) {
    const kind = changeKind(change);
    const id = JSON.stringify([kind, change.key, change.after]);
    const line = lines.get(id) ?? { kind, key: change.key, value: change.after, resources: 0 };
    line.resources += 1;
    lines.set(id, line);
  }
  return [...lines.values()].toSorted((left, right) => right.resources - left.resources);
}

/** Whether `action` has something of `text`, and is at `step` in either direction. */
export function matchesAction(action: PlanAction, text: string, step: string): boolean {
  // Nearly every action's undo is pending, so only the apply counts for that.
  const undo = action.undo.step === "pending" ? null : action.undo.step;
  if (step !== "" && action.apply.step !== step && undo !== step) return false;
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return true;
  const changes = action.changes.flatMap((change) => [
    change.key,
    change.before ?? "",
    change.after ?? "",
    change.reason,
  ]);
  return [action.id, action.arn, action.type, action.account, action.region, ...changes].some((field) =>
    field.toLowerCase().includes(wanted),
  );
}

/** The timeline's colour for a recorded event. */
export function eventStatus(event: string): StatusIndicatorProps.Type {
  if (event.includes("fail")) return "error";
  if (event.includes("refused") || event.includes("superseded")) return "stopped";
  if (event.includes("requested") || event.includes("proposed")) return "info";
  return "success";
}
