/** Coverage as shares of a bar. What could not be looked at is never counted as cared for. */

import type { CoverageRow } from "../types";
import { counted } from "./format";

export interface Segment {
  kind: "compliant" | "missing" | "unmanaged" | "unknown";
  value: number;
  /** Where it begins and how long it is, of 1. */
  from: number;
  share: number;
}

const KINDS = ["compliant", "missing", "unmanaged", "unknown"] as const;

/** The parts of `row`'s bar, in order; empty parts are left out. */
export function segments(row: CoverageRow): Segment[] {
  const whole = KINDS.reduce((sum, kind) => sum + row[kind], 0);
  const found: Segment[] = [];
  let from = 0;
  for (const kind of KINDS) {
    if (row[kind] === 0) continue;
    const share = row[kind] / whole;
    found.push({ kind, value: row[kind], from, share });
    from += share;
  }
  return found;
}

/** The whole estate's coverage, as a row of its own. */
export function total(rows: readonly CoverageRow[]): CoverageRow {
  const sum = (field: Exclude<keyof CoverageRow, "resource_type">) =>
    rows.reduce((value, row) => value + row[field], 0);
  return {
    resource_type: "All types",
    resources: sum("resources"),
    compliant: sum("compliant"),
    missing: sum("missing"),
    unmanaged: sum("unmanaged"),
    failing: sum("failing"),
    unknown: sum("unknown"),
    unknown_scopes: sum("unknown_scopes"),
  };
}

/** "97 compliant, 3 missing, 12 unmanaged; 1 part unknown": what a screen reader hears. */
export function coverageWords(row: CoverageRow): string {
  const known = segments(row).map((segment) => `${segment.value.toLocaleString("en")} ${segment.kind}`);
  const unknown =
    row.unknown_scopes === 0 ? "" : `${row.unknown_scopes} ${row.unknown_scopes === 1 ? "part" : "parts"} unknown`;
  return [known.length === 0 ? "no resources seen" : known.join(", "), unknown].filter(Boolean).join("; ");
}

/** The order that answers "what needs me": unknown first, then most missing, then most resources. */
export function byNeed(left: CoverageRow, right: CoverageRow): number {
  return unseen(right) - unseen(left) || right.missing - left.missing || right.resources - left.resources;
}

/** How much of `row` is unknown, whole parts and single resources alike. */
const unseen = (row: CoverageRow): number => row.unknown_scopes + row.unknown;

/** "1 part, 3 resources": what of `row` could not be looked at. */
export function unknownWords(row: CoverageRow): string {
  const parts = row.unknown_scopes === 0 ? [] : [counted(row.unknown_scopes, "part")];
  if (row.unknown > 0) parts.push(counted(row.unknown, "resource"));
  return parts.join(", ");
}
