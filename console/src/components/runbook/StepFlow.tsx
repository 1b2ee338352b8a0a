import Badge from "@cloudscape-design/components/badge";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { flow, type Flow, type FlowLine } from "../../lib/flow";
import type { Runbook, StepShape } from "../../types";
import { Prose } from "../Prose";

const ROW = 76;
const LANE = 16;
const DOT = 16;

const KINDS = {
  next: "goes on with",
  way: "may go to",
  failure: "after a failure",
  cancel: "when cancelled",
} as const;

/** The steps in order, with a line from each to what comes after it: straight on, another way, or after a failure. */
export function StepFlow({ runbook }: { runbook: Runbook }) {
  const drawn = flow(runbook.steps);
  const without = new Map(runbook.without_undo.map(({ step, why }) => [step, why]));
  const lanes = drawn.lanes * LANE + DOT * 2;
  return (
    <div className="flow" data-testid="step-flow">
      <Lines flow={drawn} width={lanes} />
      <ol className="flow-steps">
        {drawn.rows.map(({ step, depth }) => (
          <li key={step.name} className="flow-step" style={{ paddingInlineStart: depth * 24 }}>
            <StepWords step={step} withoutUndo={without.get(step.name)} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function Lines({ flow: { rows, straight, lines }, width }: { flow: Flow; width: number }) {
  const middle = (place: number) => place * ROW + ROW / 2;
  const x = width - DOT;
  return (
    <svg className="flow-lines" width={width} height={rows.length * ROW} aria-hidden="true">
      <defs>
        {(["next", "way", "failure", "cancel"] as const).map((kind) => (
          <marker
            key={kind}
            id={`arrow-${kind}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0,0 L8,4 L0,8 z" className={`flow-arrow flow-${kind}`} />
          </marker>
        ))}
      </defs>
      {[...straight].map((place) => (
        <line
          key={place}
          className="flow-line flow-next"
          x1={x}
          x2={x}
          y1={middle(place) + 6}
          y2={middle(place + 1) - 7}
          markerEnd="url(#arrow-next)"
        />
      ))}
      {lines.map((line) => (
        <path
          key={`${line.kind} ${line.from} ${line.to}`}
          className={`flow-line flow-${line.kind}`}
          d={arc(line, x, middle)}
          markerEnd={`url(#arrow-${line.kind})`}
        />
      ))}
      {rows.map(({ step }, place) => (
        <circle
          key={step.name}
          cx={x}
          cy={middle(place)}
          r="5"
          className={step.is_end ? "flow-dot flow-end" : "flow-dot"}
        />
      ))}
    </svg>
  );
}

/** Out to the lane, along it, and back to the step it leads to. */
function arc({ from, to, lane }: FlowLine, x: number, middle: (place: number) => number): string {
  const out = x - DOT - lane * LANE;
  const down = to > from ? 1 : -1;
  const [top, bottom] = [middle(from) + down * 3, middle(to) - down * 3];
  const round = 8;
  return [
    `M${x - 5},${top}`,
    `L${out + round},${top} Q${out},${top} ${out},${top + down * round}`,
    `L${out},${bottom - down * round} Q${out},${bottom} ${out + round},${bottom}`,
    `L${x - 7},${bottom}`,
  ].join(" ");
}

function StepWords({ step, withoutUndo }: { step: StepShape; withoutUndo: string | undefined }) {
  return (
    <>
      <div className="flow-head">
        <b>{step.name}</b> <code className="quiet">{step.action}</code>
        {step.calls.map(({ call, only_reads: reads }) => (
          <Badge key={call} color={reads ? "grey" : "blue"}>
            {call}
          </Badge>
        ))}
        {withoutUndo !== undefined && (
          <span title={withoutUndo}>
            <StatusIndicator type="warning">Cannot be taken back</StatusIndicator>
          </span>
        )}
      </div>
      <div className="flow-detail" title={sentences(step).join("\n")}>
        <Prose text={sentences(step).join(" · ")} />
      </div>
    </>
  );
}

function sentences(step: StepShape): string[] {
  const all: string[] = [];
  if (step.description !== null) all.push(step.description.trim().replaceAll(/\s+/g, " "));
  if (step.repeats !== null) all.push(`repeats its steps ${step.repeats}`);
  for (const { when, next } of step.ways) all.push(`\`${next}\` if ${when}`);
  if (step.ways.length > 0) all.push(step.next === null ? "otherwise ends" : `otherwise \`${step.next}\``);
  else if (step.is_end) all.push("then ends");
  if (step.on_failure.startsWith("step:")) all.push(`${KINDS.failure}: \`${step.on_failure.slice(5)}\``);
  if (step.on_failure === "Continue") all.push("goes on also after a failure");
  if (step.on_cancel.startsWith("step:")) all.push(`${KINDS.cancel}: \`${step.on_cancel.slice(5)}\``);
  if (typeof step.max_attempts === "number" && step.max_attempts > 1)
    all.push(`tried up to ${step.max_attempts} times`);
  return all;
}

/** What the lines mean; nothing if all steps just follow each other. */
export function FlowLegend({ runbook }: { runbook: Runbook }) {
  const drawn = new Set(flow(runbook.steps).lines.map((line) => line.kind));
  if (drawn.size === 0) return null;
  const kinds = (["next", "way", "failure", "cancel"] as const).filter((kind) => kind === "next" || drawn.has(kind));
  return (
    <ul className="coverage-legend">
      {kinds.map((kind) => (
        <li key={kind}>
          <svg width="28" height="8" aria-hidden="true" className="flow-key">
            <line x1="0" x2="28" y1="4" y2="4" className={`flow-line flow-${kind}`} />
          </svg>{" "}
          {KINDS[kind]}
        </li>
      ))}
    </ul>
  );
}
