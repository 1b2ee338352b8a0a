/**
 * Routes live in the fragment (`#/plans/plan_…?phase=proposed`), so that any file server can serve the console.
 *
 * Filters are part of the route: a filtered table is a link.
 */

/** A route: path segments, and the query behind them. */
export interface Route {
  segments: string[];
  query: URLSearchParams;
}

/** Reads a fragment. */
export function parseRoute(fragment: string): Route {
  const [path = "", search = ""] = fragment.replace(/^#/, "").split("?", 2);
  const segments = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { segments, query: new URLSearchParams(search) };
}

/** Writes a fragment; empty parameters are left out. */
export function href(path: string, parameters: Record<string, string | null | undefined> = {}): string {
  const pairs = Object.entries(parameters).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const search = new URLSearchParams(pairs).toString();
  return `#${path}${search === "" ? "" : `?${search}`}`;
}

export const planHref = (id: string): string => href(`/plans/${encodeURIComponent(id)}`);
export const runbookHref = (name: string): string => href(`/runbooks/${encodeURIComponent(name)}`);
export const executionHref = (id: string): string => href(`/executions/${encodeURIComponent(id)}`);
