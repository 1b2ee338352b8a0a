import { coverageWords, segments } from "../lib/coverage";
import type { CoverageRow } from "../types";

/** One resource type's coverage as a stacked bar; a hatched end says that an unknown number more was not seen. */
export function CoverageBar({ row }: { row: CoverageRow }) {
  const words = coverageWords(row);
  return (
    <div className="coverage-bar" role="img" aria-label={words} title={words}>
      {segments(row).map((segment) => (
        <div key={segment.kind} className={`coverage-${segment.kind}`} style={{ flexGrow: segment.share }} />
      ))}
      {row.unknown_scopes > 0 && <div className="coverage-unknown coverage-cap">?</div>}
    </div>
  );
}

const LEGEND = [
  ["compliant", "Compliant"],
  ["missing", "Tags missing or wrong"],
  ["unmanaged", "Unmanaged: no configuration matches"],
  ["unknown", "Unknown: could not be looked at"],
] as const;

export function CoverageLegend() {
  return (
    <ul className="coverage-legend">
      {LEGEND.map(([kind, label]) => (
        <li key={kind}>
          <span className={`coverage-key coverage-${kind}`} aria-hidden="true" />
          {label}
        </li>
      ))}
    </ul>
  );
}
