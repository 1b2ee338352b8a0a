/** What a rehearsal comes to, for the person who looks at it. */

import type { RehearsedCall } from "../types";

/** A call, and how often it was made in a row with the same input. */
export interface CallGroup {
  call: RehearsedCall;
  times: number;
}

/** The calls with these numbers; what was asked again and again is told once, with the last answer. */
export function callGroups(calls: readonly RehearsedCall[], numbers: readonly number[]): CallGroup[] {
  const groups: CallGroup[] = [];
  for (const number of numbers) {
    const call = calls[number - 1];
    const last = groups.at(-1);
    if (call === undefined) continue;
    if (last !== undefined && isAskedAgain(last.call, call)) Object.assign(last, { call, times: last.times + 1 });
    else groups.push({ call, times: 1 });
  }
  return groups;
}

const isAskedAgain = (before: RehearsedCall, call: RehearsedCall): boolean =>
  call.reads && call.what === before.what && JSON.stringify(call.input) === JSON.stringify(before.input);

/** What a call does, before its name. */
export function callVerb({ kind, reads }: Pick<RehearsedCall, "kind" | "reads">): string {
  if (kind === "script") return "runs a script in";
  if (kind === "runbook") return "runs";
  if (kind === "webhook") return "does not ask, and takes it to go well: the webhook";
  return reads ? "reads" : "calls";
}
