/** What the journal of an execution comes to, for the person who looks at it. */

import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Execution, ExecutionDetail, JournalRecord, Standing, Timestamp, Word } from "../types";

/** One try of one step. */
export interface Try {
  /** The number of the record with which it began. */
  key: number;
  step: string;
  attempt: number;
  /** The rounds of the loops that it is in, outermost first. */
  rounds: number[];
  /** How it ended; `InProgress` before that. */
  status: string;
  began_at: Timestamp;
  ended_at: Timestamp | null;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  error: string | null;
  /** What it called that may change something. */
  calls: string[];
  /** What its scripts printed. */
  log: string;
}

interface Began {
  step: string;
  attempt: number;
  rounds: number[];
  inputs: Record<string, unknown>;
}

interface Ended {
  step: string;
  status: string;
  outputs: Record<string, unknown>;
  error: { message: string } | string | null;
}

/** Each try of each step, in the order in which they began. */
export function tries(records: readonly JournalRecord[]): Try[] {
  const all: Try[] = [];
  const open = (step?: string) =>
    all.findLast((each) => each.ended_at === null && (step === undefined || each.step === step));
  for (const record of records) {
    const detail = record.detail as { step_began?: Began; step_ended?: Ended } | null;
    if (record.kind === "step.began" && detail?.step_began) all.push(begun(record, detail.step_began));
    if (record.kind === "step.ended" && detail?.step_ended) {
      const { step_ended: ended } = detail;
      const found = open(ended.step);
      if (found) Object.assign(found, how(ended), { ended_at: record.at });
    }
    if (record.kind === "calls") open()?.calls.push(record.summary.replace(/^calls /, ""));
    const current = record.kind === "log" ? open() : undefined;
    if (current) current.log += typeof record.detail === "string" ? record.detail : "";
  }
  return all;
}

const begun = (record: JournalRecord, { step, attempt, rounds, inputs }: Began): Try => ({
  key: record.number,
  step,
  attempt,
  rounds,
  status: "InProgress",
  began_at: record.at,
  ended_at: null,
  inputs,
  outputs: {},
  error: null,
  calls: [],
  log: "",
});

const how = ({ status, outputs, error }: Ended) => ({
  status: status.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  outputs,
  error: error === null ? null : typeof error === "string" ? error : error.message,
});

/** What an execution told in the end. */
export function toldInTheEnd(records: readonly JournalRecord[]): Record<string, unknown> {
  const ended = records.findLast((record) => record.kind === "ended");
  return (ended?.detail as { ended?: { outputs?: Record<string, unknown> } } | undefined)?.ended?.outputs ?? {};
}

interface StatusWords {
  label: string;
  status: StatusIndicatorProps.Type;
}

const STATUSES: Record<string, StatusWords> = {
  InProgress: { label: "In progress", status: "in-progress" },
  Waiting: { label: "Waits for somebody", status: "pending" },
  Paused: { label: "Paused", status: "stopped" },
  Success: { label: "Succeeded", status: "success" },
  Failed: { label: "Failed", status: "error" },
  TimedOut: { label: "Timed out", status: "error" },
  Cancelling: { label: "Being cancelled", status: "in-progress" },
  Cancelled: { label: "Cancelled", status: "stopped" },
  Pending: { label: "Not begun", status: "pending" },
  Unreadable: { label: "Cannot be read", status: "warning" },
  Exited: { label: "Left early", status: "stopped" },
};

/** A status, of an execution or a step, in words. */
export const statusWords = (status: string): StatusWords => STATUSES[status] ?? { label: status, status: "info" };

/** Whether an execution will change by itself soon, so that a list looks often. */
export const isGoing = (execution: Pick<Execution, "status">): boolean =>
  execution.status === "InProgress" || execution.status === "Cancelling";

/** Whether an execution can be taken back now: it has ended, and nothing has taken it back or is about to. */
export const mayBeTakenBack = (execution: Pick<ExecutionDetail, "ended_at" | "undone_by">): boolean =>
  execution.ended_at !== null && execution.undone_by.every(({ status }) => FAILED.has(status));

/** How an undo ends that did not take everything back: the rest may be tried again. */
const FAILED = new Set(["Failed", "TimedOut", "Cancelled"]);

/** What a try is called where several tries of its step are shown. */
export function tryName({ step, attempt, rounds }: Pick<Try, "step" | "attempt" | "rounds">): string {
  const round = rounds.length === 0 ? "" : `, round ${rounds.join(".")}`;
  return `${step}${round}${attempt > 1 ? `, try ${attempt}` : ""}`;
}

export interface Bar {
  try: Try;
  /** Where it begins and how long it is, in percent of the whole. */
  start: number;
  length: number;
  seconds: number;
}

/** The tries as bars on a line from the execution's beginning to its end, or to `now`. */
export function timeline(
  all: readonly Try[],
  execution: Pick<Execution, "created_at" | "ended_at">,
  now: number,
): Bar[] {
  const from = Date.parse(execution.created_at);
  const to = Math.max(execution.ended_at === null ? now : Date.parse(execution.ended_at), from + 1);
  const place = (at: number) => (100 * (Math.min(Math.max(at, from), to) - from)) / (to - from);
  return all.map((each) => {
    const began = Date.parse(each.began_at);
    const ended = each.ended_at === null ? to : Date.parse(each.ended_at);
    const start = place(began);
    return { try: each, start, length: place(ended) - start, seconds: Math.max(0, ended - began) / 1000 };
  });
}

const WORDS: Record<Word, { label: string; done: string; ask: string }> = {
  approve: { label: "Approve", done: "Approved", ask: "It goes on once enough of those who are asked have said yes." },
  reject: { label: "Reject", done: "Rejected", ask: "The step fails, and the runbook says what comes then." },
  pause: {
    label: "Pause",
    done: "It is paused once what is under way has ended",
    ask: "What is under way ends first; then nothing more begins until somebody resumes it.",
  },
  resume: { label: "Resume", done: "Resumed", ask: "It goes on after its pause." },
  cancel: {
    label: "Cancel execution",
    done: "It is being cancelled",
    ask: "What the current step asks for in that case is done first. What was changed already stays changed.",
  },
};

/** What may be said to an execution, in words. */
export const wordWords = (word: Word) => WORDS[word];

/** What an execution does now, in one line. */
export function nowWords(standing: Standing): string {
  const step = standing.step === null ? "" : ` in \`${standing.step}\``;
  if (standing.ended_at !== null)
    return standing.failure ? `\`${standing.failure.step}\`: ${standing.failure.message}` : "";
  if (standing.waits === null) return `under way${step}`;
  return standing.waits.is_for_somebody ? `waits for somebody${step}` : `waits${step}`;
}
