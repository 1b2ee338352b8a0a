import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { TableProps } from "@cloudscape-design/components/table";
import { useState } from "react";
import { api } from "../api";
import { Ago } from "../components/Ago";
import { DataTable, Empty } from "../components/DataTable";
import { LedgerEntryDetails } from "../components/LedgerEntryDetails";
import { LedgerFilters } from "../components/LedgerFilters";
import { LedgerVerdict } from "../components/LedgerVerdict";
import { Pager } from "../components/Pager";
import { Panel } from "../components/Panel";
import { Problem } from "../components/Problem";
import { Prose } from "../components/Prose";
import { useCursor } from "../hooks/useCursor";
import { usePoll } from "../hooks/usePoll";
import { navigate, useRoute } from "../hooks/useRoute";
import { useTask } from "../hooks/useTask";
import { actorName, capital, count, shortenIds, shortId } from "../lib/format";
import { href, planHref } from "../lib/route";
import type { LedgerCheck, LedgerEntry } from "../types";

/** With the side panel open there is room for the first three only; the panel shows the rest. */
function columns(open: (entry: LedgerEntry) => void, wide: boolean): TableProps.ColumnDefinition<LedgerEntry>[] {
  const all: TableProps.ColumnDefinition<LedgerEntry>[] = [
    {
      id: "sequence",
      header: "#",
      width: 90,
      cell: (entry) => (
        <Link onFollow={() => open(entry)} ariaLabel={`Entry ${entry.sequence}`} data-testid="ledger-open">
          {count(entry.sequence)}
        </Link>
      ),
    },
    {
      id: "summary",
      header: "What happened",
      isRowHeader: true,
      cell: (entry) => <Prose text={capital(shortenIds(entry.summary))} />,
      minWidth: 320,
    },
    { id: "kind", header: "Kind", cell: (entry) => <code className="nowrap">{entry.kind}</code>, minWidth: 200 },
    { id: "actor", header: "Who", cell: (entry) => actorName(entry.actor), minWidth: 100 },
    {
      id: "plan",
      header: "Plan",
      minWidth: 150,
      cell: (entry) =>
        entry.plan === null ? (
          <span className="quiet">none</span>
        ) : (
          <Link href={planHref(entry.plan)}>{shortId(entry.plan)}</Link>
        ),
    },
    { id: "at", header: "When", cell: (entry) => <Ago at={entry.at} />, minWidth: 120 },
  ];
  return wide ? all : all.slice(0, 3);
}

/** Everything that was decided and done, newest first, in a chain of hashes that shows any later edit. */
export function LedgerPage() {
  const { query } = useRoute();
  const plan = query.get("plan") ?? "";
  const kind = query.get("kind") ?? "";
  const key = `${plan} ${kind}`;
  const at = useCursor(key);
  const polled = usePoll(
    `${key} ${at.cursor}`,
    (signal) => api.ledger({ plan, kind, limit: 50, cursor: at.cursor }, signal),
    () => 8000,
  );
  const [openSequence, setOpenSequence] = useState<number>();
  const [check, setCheck] = useState<LedgerCheck>();
  const verify = useTask();
  const items = polled.data?.items;
  const open = (entry: LedgerEntry) => setOpenSequence(entry.sequence);
  const selected = items?.find((entry) => entry.sequence === openSequence);

  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description="Append-only; each entry carries the hash of the one before it."
          actions={
            <Button
              iconName="security"
              loading={verify.busy}
              loadingText="Verifying"
              onClick={() => void verify.run(async () => setCheck(await api.verifyLedger()))}
              data-testid="ledger-verify"
            >
              Verify
            </Button>
          }
        >
          Ledger
        </Header>
      }
    >
      <SpaceBetween size="m">
        {verify.error && <Problem error={verify.error} />}
        {check && <LedgerVerdict check={check} onDismiss={() => setCheck(undefined)} />}
        <DataTable
          testid="ledger"
          what="entries"
          source={polled}
          items={items}
          trackBy={(entry) => String(entry.sequence)}
          columns={columns(open, selected === undefined)}
          selected={selected}
          onSelect={open}
          header={<Header variant="h2">Entries, newest first</Header>}
          filter={<LedgerFilters plan={plan} kind={kind} seen={items ?? []} />}
          pagination={<Pager at={at} next={polled.data?.next ?? null} />}
          empty={
            plan === "" && kind === "" ? (
              <Empty title="The ledger is empty">The first observation writes its first entry.</Empty>
            ) : (
              <Empty
                title="No entry matches"
                action={<Button onClick={() => navigate(href("/ledger"), { replace: true })}>Clear the filters</Button>}
              />
            )
          }
        />
        {selected && (
          <Panel header={`Entry ${selected.sequence}`} onClose={() => setOpenSequence(undefined)}>
            <LedgerEntryDetails entry={selected} />
          </Panel>
        )}
      </SpaceBetween>
    </ContentLayout>
  );
}
