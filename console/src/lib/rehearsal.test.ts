import { expect, test } from "vitest";
import type { RehearsedCall } from "../types";
import { callGroups } from "./rehearsal";

const made = (number: number, what: string, more: Partial<RehearsedCall> = {}): RehearsedCall => ({
  number,
  kind: "call",
  what,
  reads: true,
  input: { Id: "i-1" },
  answer: number,
  error: null,
  script: null,
  printed: null,
  supposed: false,
  ...more,
});

test("what is asked again and again is told once, with the last answer; what changes something each time", () => {
  const calls = [
    made(1, "ec2:Start", { reads: false }),
    made(2, "ec2:Start", { reads: false }),
    made(3, "ec2:Describe"),
    made(4, "ec2:Describe"),
    made(5, "ec2:Describe", { input: { Id: "i-2" } }),
    made(6, "of another step"),
  ];
  const groups = callGroups(calls, [1, 2, 3, 4, 5, 9]);
  expect(groups.map(({ call, times }) => [call.what, call.answer, times])).toEqual([
    ["ec2:Start", 1, 1],
    ["ec2:Start", 2, 1],
    ["ec2:Describe", 4, 2],
    ["ec2:Describe", 5, 1],
  ]);
});
