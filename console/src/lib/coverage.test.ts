import { expect, test } from "vitest";
import type { CoverageRow } from "../types";
import { byNeed, coverageWords, segments, total, unknownWords } from "./coverage";

const row = (
  resource_type: string,
  compliant: number,
  missing: number,
  unmanaged: number,
  unknown_scopes = 0,
): CoverageRow => ({
  resource_type,
  resources: compliant + missing + unmanaged,
  compliant,
  missing,
  unmanaged,
  failing: missing,
  unknown: 0,
  unknown_scopes,
});

test("a bar's parts follow each other and fill it", () => {
  expect(segments(row("a", 2, 0, 6))).toEqual([
    { kind: "compliant", value: 2, from: 0, share: 0.25 },
    { kind: "unmanaged", value: 6, from: 0.25, share: 0.75 },
  ]);
  expect(segments(row("a", 0, 0, 0, 1))).toEqual([]);
});

test("what could not be looked at is said, and counted in no share", () => {
  expect(coverageWords(row("a", 97, 3, 0, 1))).toBe("97 compliant, 3 missing; 1 part unknown");
  expect(coverageWords(row("a", 0, 0, 0, 2))).toBe("no resources seen; 2 parts unknown");
  expect(unknownWords({ ...row("a", 5, 0, 0, 1), unknown: 3 })).toBe("1 part, 3 resources");
  expect(unknownWords(row("a", 5, 0, 0))).toBe("");
});

test("unknown comes before missing, and missing before many", () => {
  const rows = [row("many", 900, 0, 0), row("missing", 1, 2, 0), row("unknown", 1, 0, 0, 1)];
  expect(rows.toSorted(byNeed).map((each) => each.resource_type)).toEqual(["unknown", "missing", "many"]);
});

test("the estate's row is the sum of its types", () => {
  expect(total([row("a", 1, 2, 3, 1), row("b", 10, 20, 30)])).toEqual(row("All types", 11, 22, 33, 1));
});
