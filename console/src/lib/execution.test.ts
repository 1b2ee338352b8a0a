import { expect, test } from "vitest";
import type { JournalRecord } from "../types";
import { mayBeTakenBack, timeline, toldInTheEnd, tries, tryName } from "./execution";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

let number = 0;
const record = (kind: JournalRecord["kind"], second: number, detail: unknown, summary = ""): JournalRecord => {
  number += 1;
  return { number, at: at(second), kind, step: null, summary, detail };
};

const began = (step: string, second: number, attempt = 1, rounds: number[] = []) =>
  record("step.began", second, { step_began: { step, attempt, rounds, inputs: { a: 1 } } });
const ended = (step: string, second: number, status: string, error: string | null = null) =>
  record("step.ended", second, {
    step_ended: { step, status, outputs: { b: 2 }, error: error === null ? null : { code: "Bad", message: error } },
  });

const JOURNAL = [
  began("each", 0),
  began("run", 1, 1, [1]),
  record("log", 2, "one\n"),
  ended("run", 3, "Failed", "no way"),
  began("run", 3, 2, [1]),
  record("calls", 4, {}, "calls ec2:StopInstances"),
  record("log", 5, "two\n"),
  ended("run", 6, "Success"),
  ended("each", 8, "Success"),
  record("ended", 8, { ended: { status: "Success", outputs: { "run.b": 2 } } }),
];

test("each try of each step is found, with what it did and printed", () => {
  const all = tries(JOURNAL);
  expect(all.map((each) => [tryName(each), each.status, each.error, each.calls, each.log])).toEqual([
    ["each", "Success", null, [], ""],
    ["run, round 1", "Failed", "no way", [], "one\n"],
    ["run, round 1, try 2", "Success", null, ["ec2:StopInstances"], "two\n"],
  ]);
  expect(all[2]?.outputs).toEqual({ b: 2 });
  expect(toldInTheEnd(JOURNAL)).toEqual({ "run.b": 2 });
});

test("a step that goes on has no end, and its bar reaches to now", () => {
  const all = tries(JOURNAL.slice(0, 5));
  const bars = timeline(all, { created_at: at(0), ended_at: null }, Date.parse(at(10)));
  expect(bars.map(({ start, length, seconds }) => [start, length, seconds])).toEqual([
    [0, 100, 10],
    [10, 20, 2],
    [30, 70, 7],
  ]);
});

test.each([
  ["one that has not ended is not taken back", null, [], false],
  ["one that has ended is", at(9), [], true],
  ["one is not taken back twice", at(9), ["Success"], false],
  ["one is not taken back while an undo is under way", at(9), ["Failed", "Waiting"], false],
  ["one is taken back again after an undo failed", at(9), ["Failed"], true],
])("%s", (_, ended_at, statuses, expected) => {
  const undone_by = statuses.map((status) => ({ id: "exec_1", status }));
  expect(mayBeTakenBack({ ended_at, undone_by })).toBe(expected);
});
