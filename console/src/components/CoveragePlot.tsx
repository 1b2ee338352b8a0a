import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { byNeed, total, unknownWords } from "../lib/coverage";
import { count, shortType } from "../lib/format";
import { href } from "../lib/route";
import type { CoverageRow } from "../types";
import { CoverageBar, CoverageLegend } from "./CoverageBar";
import { Empty } from "./DataTable";

function Number({
  row,
  field,
  filter,
}: {
  row: CoverageRow;
  field: "compliant" | "missing" | "unmanaged";
  filter: Record<string, string>;
}) {
  if (row[field] === 0) return <span className="quiet">0</span>;
  const type = row.resource_type.includes("::") ? row.resource_type : undefined;
  return <Link href={href("/resources", { ...filter, type })}>{count(row[field])}</Link>;
}

function Type({ row }: { row: CoverageRow }) {
  if (!row.resource_type.includes("::")) return <b>{row.resource_type}</b>;
  return <span title={row.resource_type}>{shortType(row.resource_type)}</span>;
}

/** A resource that nothing manages may still carry tags that it should not have. */
function Unmanaged({ row }: { row: CoverageRow }) {
  const stray = row.failing - row.missing;
  const type = row.resource_type.includes("::") ? row.resource_type : undefined;
  return (
    <>
      <Number row={row} field="unmanaged" filter={{ coverage: "unmanaged" }} />
      {stray > 0 && (
        <>
          {", "}
          <Link href={href("/resources", { coverage: "unmanaged", verdict: "fail", type })} fontSize="body-s">
            {count(stray)} with stray tags
          </Link>
        </>
      )}
    </>
  );
}

const COLUMNS: TableProps.ColumnDefinition<CoverageRow>[] = [
  { id: "type", header: "Resource type", cell: (row) => <Type row={row} />, isRowHeader: true, minWidth: 180 },
  { id: "bar", header: "Share", cell: (row) => <CoverageBar row={row} />, minWidth: 220, width: "40%" },
  {
    id: "compliant",
    header: "Compliant",
    cell: (row) => <Number row={row} field="compliant" filter={{ coverage: "managed", verdict: "pass" }} />,
  },
  {
    id: "missing",
    header: "Missing",
    cell: (row) => <Number row={row} field="missing" filter={{ coverage: "missing" }} />,
  },
  {
    id: "unmanaged",
    header: "Unmanaged",
    cell: (row) => <Unmanaged row={row} />,
  },
  {
    id: "unknown",
    header: "Unknown",
    minWidth: 130,
    cell: (row) =>
      unknownWords(row) === "" ? (
        <span className="quiet">0</span>
      ) : (
        <Link href={href("/accounts")}>
          <StatusIndicator type="warning">{unknownWords(row)}</StatusIndicator>
        </Link>
      ),
  },
];

/** Coverage of the whole estate and of each resource type, the ones that need a person first. */
export function CoveragePlot({ rows, observed }: { rows: readonly CoverageRow[]; observed: boolean }) {
  const sorted = rows.toSorted(byNeed);
  return (
    <Table
      data-testid="coverage"
      variant="container"
      header={
        <Header variant="h2" description={<CoverageLegend />}>
          Coverage by resource type
        </Header>
      }
      items={rows.length === 0 ? [] : [total(rows), ...sorted]}
      trackBy="resource_type"
      columnDefinitions={COLUMNS}
      contentDensity="compact"
      empty={
        <Empty title={observed ? "No resources were found" : "Nothing was observed yet"}>
          {observed
            ? "No account has a resource of a type that Reeve knows."
            : "Observe the estate to see its resources."}
        </Empty>
      }
      footer={
        <SpaceBetween size="xxs">
          <Box variant="small">
            A part is one account, Region and type. What is in an unknown part is in none of the numbers and never
            counts as compliant.
          </Box>
        </SpaceBetween>
      }
    />
  );
}
