/** How the steps of a runbook lead to each other: as rows, and lines beside them. */

import type { StepShape } from "../types";

export interface FlowRow {
  step: StepShape;
  /** How many loops it is in. */
  depth: number;
}

export type LineKind = "next" | "way" | "failure" | "cancel";

export interface FlowLine {
  from: number;
  to: number;
  kind: LineKind;
  /** Which lane beside the rows it takes; 0 is nearest. */
  lane: number;
}

export interface Flow {
  rows: FlowRow[];
  /** The rows from which the next row is reached. */
  straight: Set<number>;
  /** What leads elsewhere than to the next row. */
  lines: FlowLine[];
  lanes: number;
}

/** The rows of a runbook and what leads from one to another. */
export function flow(steps: readonly StepShape[]): Flow {
  const rows: FlowRow[] = [];
  const add = (some: readonly StepShape[], depth: number) => {
    for (const step of some) {
      rows.push({ step, depth });
      add(step.steps, depth + 1);
    }
  };
  add(steps, 0);
  const placeOf = new Map(rows.map((row, place) => [row.step.name, place]));
  const straight = new Set<number>();
  const wanted: Omit<FlowLine, "lane">[] = [];
  for (const [from, { step }] of rows.entries()) {
    if (step.steps.length > 0) straight.add(from);
    for (const { name, kind } of goals(step)) {
      const to = placeOf.get(name);
      if (to === undefined) continue;
      if (to === from + 1 && (kind === "next" || kind === "way")) straight.add(from);
      else if (!wanted.some((line) => line.from === from && line.to === to && line.kind === kind))
        wanted.push({ from, to, kind });
    }
  }
  const lines = inLanes(wanted);
  return { rows, straight, lines, lanes: Math.max(0, ...lines.map((line) => line.lane + 1)) };
}

function goals(step: StepShape): { name: string; kind: LineKind }[] {
  const all: { name: string; kind: LineKind }[] = step.ways.map(({ next }) => ({ name: next, kind: "way" }));
  if (step.next !== null) all.push({ name: step.next, kind: "next" });
  const goal = (text: string, kind: LineKind) => {
    if (text.startsWith("step:")) all.push({ name: text.slice(5), kind });
  };
  goal(step.on_failure, "failure");
  goal(step.on_cancel, "cancel");
  return all;
}

/** Short lines near the rows, long ones outside, and none over another. */
function inLanes(wanted: Omit<FlowLine, "lane">[]): FlowLine[] {
  const span = (line: Omit<FlowLine, "lane">) => [Math.min(line.from, line.to), Math.max(line.from, line.to)] as const;
  const length = (line: Omit<FlowLine, "lane">) => span(line)[1] - span(line)[0];
  const placed: FlowLine[] = [];
  for (const line of wanted.toSorted((left, right) => length(left) - length(right))) {
    const [top, bottom] = span(line);
    const taken = new Set(
      placed.filter((other) => span(other)[0] <= bottom && top <= span(other)[1]).map((other) => other.lane),
    );
    let lane = 0;
    while (taken.has(lane)) lane += 1;
    placed.push({ ...line, lane });
  }
  return placed;
}
