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
  ErrorBody,
  LedgerCheck,
  LedgerEntry,
  Overview,
  Page,
  PlanDetail,
  PlanSummary,
  Profile,
  Resource,
  Suspension,
  Unknown,
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
  if (response.status === 401) {
    forgetToken();
    for (const listener of unauthorizedListeners) listener();
  }
  if (!response.ok) throw failure(response.status, text);
  return (text === "" ? null : JSON.parse(text)) as Answer;
}

async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token() ?? ""}`, Accept: "application/json" };
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

  observe: () => post<unknown>("/api/runs", { accounts: [] }),
  currentRun: (signal?: AbortSignal) => get<CurrentRun | null>("/api/runs/current", signal),

  ledger: (by: LedgerQuery, signal?: AbortSignal) => get<Page<LedgerEntry>>(`/api/ledger${query(by)}`, signal),
  verifyLedger: () => post<LedgerCheck>("/api/ledger/verify", {}),

  suspend: (reason: string) => post<{ suspended: Suspension | null }>("/api/suspend", { reason }),
  resume: () => post<{ suspended: Suspension | null }>("/api/resume", {}),
};
