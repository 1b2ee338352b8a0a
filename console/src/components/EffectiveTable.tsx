import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { navigate, useRoute } from "../hooks/useRoute";
import { count, shortType } from "../lib/format";
import { href } from "../lib/route";
import type { EffectiveConfiguration, Profile } from "../types";
import { Empty } from "./DataTable";

function Matching({ row }: { row: EffectiveConfiguration }) {
  if (!row.enabled) return <span className="quiet">not evaluated</span>;
  if (row.matching === 0) return <StatusIndicator type="info">no resource</StatusIndicator>;
  return <>{count(row.matching)}</>;
}

function Standing({ row }: { row: EffectiveConfiguration }) {
  if (row.standing === "replaced")
    return <StatusIndicator type="stopped">Replaced by the customization</StatusIndicator>;
  return row.enabled ? (
    <StatusIndicator type="success">Enabled</StatusIndicator>
  ) : (
    <StatusIndicator type="stopped">Disabled</StatusIndicator>
  );
}

const COLUMNS: TableProps.ColumnDefinition<EffectiveConfiguration>[] = [
  {
    id: "configuration",
    header: "Configuration",
    isRowHeader: true,
    cell: (row) => <b>{row.configuration}</b>,
    minWidth: 220,
  },
  {
    id: "type",
    header: "Resource type",
    cell: (row) => <Link href={href("/resources", { type: row.resource_type })}>{shortType(row.resource_type)}</Link>,
    minWidth: 200,
  },
  {
    id: "source",
    header: "Source",
    cell: (row) => <Badge color={row.source === "customization" ? "blue" : "grey"}>{row.source}</Badge>,
  },
  {
    id: "enabled",
    header: "Standing",
    cell: (row) => <Standing row={row} />,
  },
  { id: "matching", header: "Matching resources", cell: (row) => <Matching row={row} /> },
];

/** Each configuration in force: whole blocks of the customization override the default's by name. */
export function EffectiveTable({ profile }: { profile: Profile }) {
  const { query } = useRoute();
  const type = query.get("type");
  const rows = profile.effective.filter((row) => type === null || row.resource_type === type);
  return (
    <Table
      data-testid="effective"
      items={rows}
      trackBy={(row) => `${row.resource_type} ${row.configuration} ${row.source}`}
      columnDefinitions={COLUMNS}
      contentDensity="compact"
      wrapLines
      header={
        <Header
          variant="h2"
          counter={`(${rows.length})`}
          description="A block of the customization replaces the default's block of the same name as a whole."
          actions={
            type !== null && (
              <Button onClick={() => navigate(href("/profile"), { replace: true })}>
                Show all types, not only {shortType(type)}
              </Button>
            )
          }
        >
          Configurations
        </Header>
      }
      empty={<Empty title="No configuration">Without one, no resource is managed.</Empty>}
    />
  );
}
