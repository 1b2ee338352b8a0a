import { expect, test } from "vitest";
import type { StepShape } from "../types";
import { flow } from "./flow";

const step = (name: string, next: string | null, more: Partial<StepShape> = {}): StepShape => ({
  name,
  action: "aws:sleep",
  description: null,
  calls: [],
  inputs: {},
  ways: [],
  next,
  on_failure: "Abort",
  on_cancel: "Abort",
  is_critical: true,
  is_end: next === null,
  max_attempts: null,
  timeout_seconds: null,
  repeats: null,
  steps: [],
  ...more,
});

test("steps that follow each other need no line of their own", () => {
  const { rows, straight, lines, lanes } = flow([step("a", "b"), step("b", null)]);
  expect(rows.map((row) => row.step.name)).toEqual(["a", "b"]);
  expect([[...straight], lines, lanes]).toEqual([[0], [], 0]);
});

test("other ways get lanes in which none lies over another", () => {
  const steps = [
    step("choose", "end", { ways: [{ when: "x", next: "a" }] }),
    step("a", "end", { on_failure: "step:b" }),
    step("b", "choose"),
    step("end", null),
  ];
  const { straight, lines } = flow(steps);
  expect([...straight]).toEqual([0]);
  const drawn = lines.map(({ from, to, kind, lane }) => `${from}-${to} ${kind} ${lane}`);
  expect(drawn.toSorted()).toEqual(["0-3 next 3", "1-2 failure 0", "1-3 next 1", "2-0 next 2"]);
});

test("the steps of a loop stand below it", () => {
  const { rows } = flow([step("each", null, { steps: [step("inner", null)] })]);
  expect(rows.map((row) => [row.step.name, row.depth])).toEqual([
    ["each", 0],
    ["inner", 1],
  ]);
});
