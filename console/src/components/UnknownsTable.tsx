import Header from "@cloudscape-design/components/header";
import type { TableProps } from "@cloudscape-design/components/table";
import { api } from "../api";
import { usePoll } from "../hooks/usePoll";
import { shortType } from "../lib/format";
import type { Unknown } from "../types";
import { Ago } from "./Ago";
import { DataTable } from "./DataTable";
import { Prose } from "./Prose";
import { AccountName } from "./ResourceName";

const COLUMNS: TableProps.ColumnDefinition<Unknown>[] = [
  {
    id: "part",
    header: "Part",
    isRowHeader: true,
    minWidth: 200,
    cell: (unknown) => (
      <>
        <b>{unknown.id ?? shortType(unknown.type)}</b>
        <div className="place">
          {unknown.id !== null && `${shortType(unknown.type)} · `}
          <AccountName id={unknown.account} /> · <span className="nowrap">{unknown.region}</span>
        </div>
      </>
    ),
  },
  {
    id: "why",
    header: "What stood in the way",
    minWidth: 300,
    cell: (unknown) => (
      <>
        <code className="key">{unknown.call || "no call was reached"}</code>
        <div className="detail">
          <Prose text={unknown.message} />
        </div>
      </>
    ),
  },
  {
    id: "remedy",
    header: "What to do",
    minWidth: 200,
    cell: (unknown) =>
      unknown.missing_permission === null ? (
        "Observe again; if it stays, see the log of `reeve serve`."
      ) : (
        <>
          Allow <code className="key">{unknown.missing_permission}</code> to Reeve's role in this account, then observe
          again.
        </>
      ),
  },
  { id: "at", header: "Observed", cell: (unknown) => <Ago at={unknown.observed_at} /> },
];

/** The parts of the estate that could not be looked at; nothing when there are none. */
export function UnknownsTable() {
  const unknowns = usePoll("unknowns", api.unknowns, () => 15_000);
  const items = unknowns.data?.items;
  if (items?.length === 0 || unknowns.loading) return null;
  return (
    <DataTable
      testid="unknowns"
      what="unknown parts"
      source={unknowns}
      items={items}
      trackBy={(unknown) => `${unknown.account} ${unknown.region} ${unknown.type} ${unknown.id} ${unknown.call}`}
      columns={COLUMNS}
      header={
        <Header
          variant="h2"
          counter={items && `(${items.length})`}
          description="Not seen is not compliant: these count as unknown everywhere."
        >
          Unknown parts
        </Header>
      }
      empty="None"
    />
  );
}
