/**
 * The client of Reeve's HTTP API: one function per operation, nothing else.
 *
 * Every failure is an `ApiError` whose text can be shown as it is. A refused token is also announced to `onUnauthorized`,
 * because then no page can do anything and the whole window says so.
 */

import { forgetToken, token } from "./lib/token";
import type {
  Account,
  CurrentRun,
  DryRun,
  ErrorBody,
  Execution,
  ExecutionDetail,
  ExecutionUndo,
  LedgerCheck,
  LedgerEntry,
  Overview,
  Page,
  PlanDetail,
  PlanSummary,
  Profile,
  Rehearsal,
  Resource,
  Runbook,
  RunbookPolicy,
  RunbookSummary,
  Standing,
  StartForm,
  Suspension,
  Unknown,
  Word,
} from "./types";

/** A request that did not succeed, in words for people. */
export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

type Parameters = Record<string, string | number | null | undefined>;

const unauthorizedListeners = new Set<() => void>();

/** Calls `listener` whenever the server refuses the token; returns how to stop that. */
export function onUnauthorized(listener: () => void): () => void {
  unauthorizedListeners.add(listener);
  return () => unauthorizedListeners.delete(listener);
}

/** The query string for `parameters`, without the empty ones. */
export function query(parameters: Parameters): string {
  const pairs = Object.entries(parameters).filter(
    (pair): pair is [string, string | number] => pair[1] !== null && pair[1] !== undefined && pair[1] !== "",
  );
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

async function request<Answer>(method: "GET" | "POST", path: string, body?: unknown, signal?: AbortSignal) {
  const response = await send(method, path, body, signal);
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text);
  return (text === "" ? null : JSON.parse(text)) as Answer;
}

/** The failure that a response tells of; a refused token is announced. */
function refusal(status: number, text: string): ApiError {
  if (status === 401) {
    forgetToken();
    for (const listener of unauthorizedListeners) listener();
  }
  return failure(status, text);
}

/**
 * A stream of server-sent events, after the event with id `last`.
 *
 * The browser's own EventSource cannot send the token in a header, and an address with a token in it ends up in logs.
 */
async function stream(path: string, last: string | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const resume: Record<string, string> = last === null ? {} : { "Last-Event-ID": last };
  const response = await send("GET", path, undefined, signal, { Accept: "text/event-stream", ...resume });
  if (!response.ok || response.body === null) throw refusal(response.status, await response.text());
  return response.body;
}

async function send(
  method: string,
  path: string,
  body: unknown,
  signal?: AbortSignal,
  more: Record<string, string> = { Accept: "application/json" },
): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token() ?? ""}`, ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "unreachable", "Reeve does not answer.", "Check that `reeve serve` is still running.");
  }
}

/** The error that a response tells of; a body that is not ours (a proxy's page, say) is not shown. */
export function failure(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as ErrorBody;
    if (typeof error.message === "string") return new ApiError(status, error.code, error.message, error.hint ?? null);
  } catch {
    // Not JSON: fall through to what the status alone says.
  }
  return new ApiError(
    status,
    `http_${status}`,
    `The server answered with status ${status}.`,
    "See the log of `reeve serve`.",
  );
}

const get = <Answer>(path: string, signal?: AbortSignal) => request<Answer>("GET", path, undefined, signal);
const post = <Answer>(path: string, body: unknown) => request<Answer>("POST", path, body);
const plan = (id: string) => `/api/plans/${encodeURIComponent(id)}`;

const execution = (id: string) => `/api/executions/${encodeURIComponent(id)}`;
const runbook = (name: string) => `/api/runbooks/${encodeURIComponent(name)}`;

export interface ExecutionQuery extends Parameters {
  status?: string;
  runbook?: string;
  limit?: number;
  cursor?: string | null;
}

export interface ResourceQuery extends Parameters {
  account?: string;
  region?: string;
  type?: string;
  verdict?: string;
  coverage?: string;
  text?: string;
  limit?: number;
  cursor?: string | null;
}

export interface PlanItemsQuery extends Parameters {
  limit?: number;
  cursor?: string | null;
}

export interface LedgerQuery extends Parameters {
  plan?: string;
  kind?: string;
  limit?: number;
  cursor?: string | null;
}

export const api = {
  overview: (signal?: AbortSignal) => get<Overview>("/api/overview", signal),
  accounts: (signal?: AbortSignal) => get<Page<Account>>("/api/accounts", signal),
  unknowns: (signal?: AbortSignal) => get<Page<Unknown>>("/api/unknowns", signal),
  profile: (signal?: AbortSignal) => get<Profile>("/api/profile", signal),
  resources: (by: ResourceQuery, signal?: AbortSignal) => get<Page<Resource>>(`/api/resources${query(by)}`, signal),

  plans: (by: { phase?: string; limit?: number; cursor?: string | null }, signal?: AbortSignal) =>
    get<Page<PlanSummary>>(`/api/plans${query(by)}`, signal),
  plan: (id: string, by: PlanItemsQuery, signal?: AbortSignal) => get<PlanDetail>(`${plan(id)}${query(by)}`, signal),
  approve: (id: string, body: { digest: string; comment: string; apply: boolean }) =>
    post<PlanSummary>(`${plan(id)}/approve`, body),
  refuse: (id: string, comment: string) => post<PlanSummary>(`${plan(id)}/refuse`, { comment }),
  apply: (id: string) => post<PlanSummary>(`${plan(id)}/apply`, {}),
  undo: (id: string, comment: string) => post<PlanSummary>(`${plan(id)}/undo`, { comment }),

  runbooks: (signal?: AbortSignal) => get<Page<RunbookSummary>>("/api/runbooks", signal),
  runbook: (name: string, signal?: AbortSignal) => get<Runbook>(runbook(name), signal),
  runbookPolicy: (name: string, region: string, signal?: AbortSignal) =>
    get<RunbookPolicy>(`${runbook(name)}/policy${query({ region })}`, signal),
  dryRun: (form: StartForm) => post<DryRun>("/api/dry-runs", form),
  rehearse: (form: StartForm) => post<Rehearsal>("/api/rehearsals", form),
  startExecution: (form: StartForm) => post<Standing>("/api/executions", form),
  executions: (by: ExecutionQuery, signal?: AbortSignal) => get<Page<Execution>>(`/api/executions${query(by)}`, signal),
  execution: (id: string, signal?: AbortSignal) => get<ExecutionDetail>(execution(id), signal),
  executionUndo: (id: string, signal?: AbortSignal) => get<ExecutionUndo>(`${execution(id)}/undo`, signal),
  undoExecution: (id: string, body: { digest: string; reason: string }) =>
    post<Standing>(`${execution(id)}/undo`, body),
  executionRunbook: (id: string, signal?: AbortSignal) => get<Runbook>(`${execution(id)}/runbook`, signal),
  executionEvents: (id: string, last: string | null, signal: AbortSignal) =>
    stream(`${execution(id)}/events`, last, signal),
  tellExecution: (id: string, word: Word, comment: string) => post<Standing>(`${execution(id)}/${word}`, { comment }),

  observe: () => post<unknown>("/api/runs", { accounts: [] }),
  currentRun: (signal?: AbortSignal) => get<CurrentRun | null>("/api/runs/current", signal),

  ledger: (by: LedgerQuery, signal?: AbortSignal) => get<Page<LedgerEntry>>(`/api/ledger${query(by)}`, signal),
  verifyLedger: () => post<LedgerCheck>("/api/ledger/verify", {}),

  suspend: (reason: string) => post<{ suspended: Suspension | null }>("/api/suspend", { reason }),
  resume: () => post<{ suspended: Suspension | null }>("/api/resume", {}),
};
