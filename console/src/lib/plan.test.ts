import { expect, test } from "vitest";
import type { PlanAction, PlanPhase, Tally } from "../types";
import { changeKind, matchesAction, percentDone, phaseWords, possible, tallyWords, wishes } from "./plan";

const tally = (verified: number, refused = 0, failed = 0, open = 0): Tally => ({
  total: verified + refused + failed + open,
  verified,
  refused,
  failed,
  open,
});

const plan = (phase: PlanPhase, apply: Tally, undo: Tally | null = null) => ({ phase, tally: apply, undo_tally: undo });

const action = (number: number, key: string, before: string | null, after: string | null): PlanAction => ({
  number,
  account: "111122223333",
  region: "eu-central-1",
  type: "AWS::EC2::Instance",
  id: `i-${number}`,
  arn: `arn:aws:ec2:eu-central-1:111122223333:instance/i-${number}`,
  changes: [{ key, before, after, reason: "configuration `Linux` sets it" }],
  apply: { step: number === 2 ? "failed" : "verified", detail: null },
  undo: { step: "pending", detail: null },
});

test("an applied plan is green only if every action came true", () => {
  expect(phaseWords(plan("applied", tally(9)))).toEqual({ label: "Applied", status: "success" });
  expect(phaseWords(plan("applied", tally(8, 1)))).toEqual({ label: "Applied in part", status: "warning" });
  expect(phaseWords(plan("applied", tally(7, 1, 1)))).toEqual({ label: "Applied in part", status: "error" });
  expect(phaseWords(plan("undone", tally(7, 0, 1), tally(8)))).toEqual({ label: "Undone", status: "info" });
  expect(phaseWords(plan("undone", tally(8), tally(7, 0, 1)))).toEqual({ label: "Undone in part", status: "error" });
});

test("what may be done follows from the phase and how it went", () => {
  const names = (given: ReturnType<typeof plan>) =>
    Object.entries(possible(given))
      .filter(([, can]) => can)
      .map(([name]) => name)
      .join(" ");
  expect(names(plan("proposed", tally(0, 0, 0, 9)))).toBe("approve refuse");
  expect(names(plan("approved", tally(0, 0, 0, 9)))).toBe("refuse apply");
  expect(names(plan("applying", tally(3, 0, 0, 6)))).toBe("");
  expect(names(plan("applied", tally(9)))).toBe("undo");
  expect(names(plan("applied", tally(8, 0, 1)))).toBe("retry undo");
  expect(names(plan("applied", tally(0, 9)))).toBe("");
  expect(names(plan("undone", tally(9), tally(9)))).toBe("");
  expect(names(plan("undone", tally(9), tally(8, 0, 1)))).toBe("undo");
  expect(names(plan("superseded", tally(0, 0, 0, 9)))).toBe("");
});

test("progress is full only when nothing is open", () => {
  expect(percentDone(tally(0))).toBe(100);
  expect(percentDone(tally(998, 0, 0, 2))).toBe(99);
  expect(percentDone(tally(7, 1, 2))).toBe(100);
  expect(tallyWords(tally(40, 2, 1, 7))).toBe("40 verified, 2 refused, 1 failed, 7 to go");
  expect(tallyWords(tally(0))).toBe("nothing to do");
});

test("an empty value is a value, an absent one is not", () => {
  expect(changeKind({ before: null, after: "" })).toBe("add");
  expect(changeKind({ before: "", after: "a" })).toBe("change");
  expect(changeKind({ before: "", after: null })).toBe("remove");
});

test("the same wish on many resources is one line, the most common first", () => {
  const lines = wishes([
    action(1, "owner", null, "ana"),
    action(2, "tier", null, "gold"),
    action(3, "tier", null, "gold"),
    action(4, "tier", "gold", null),
  ]);
  expect(lines).toEqual([
    { kind: "add", key: "tier", value: "gold", resources: 2 },
    { kind: "add", key: "owner", value: "ana", resources: 1 },
    { kind: "remove", key: "tier", value: null, resources: 1 },
  ]);
});

test("an action is found by what it shows and by how it ended", () => {
  expect(matchesAction(action(1, "tier", null, "gold"), " GOLD ", "")).toBe(true);
  expect(matchesAction(action(1, "tier", null, "gold"), "silver", "")).toBe(false);
  expect(matchesAction(action(1, "tier", null, "gold"), "", "failed")).toBe(false);
  expect(matchesAction(action(2, "tier", null, "gold"), "linux", "failed")).toBe(true);
  expect(matchesAction(action(2, "tier", null, "gold"), "", "pending")).toBe(false);
});
