import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { TableProps } from "@cloudscape-design/components/table";
import { api } from "../api";
import { DataTable, Empty } from "../components/DataTable";
import { Prose } from "../components/Prose";
import { SearchText } from "../components/SearchText";
import { usePoll } from "../hooks/usePoll";
import { navigate, useRoute } from "../hooks/useRoute";
import { href, runbookHref } from "../lib/route";
import type { RunbookSummary } from "../types";

const COLUMNS: TableProps.ColumnDefinition<RunbookSummary>[] = [
  {
    id: "name",
    header: "Runbook",
    isRowHeader: true,
    minWidth: 260,
    cell: (runbook) => (
      <Link href={runbookHref(runbook.name)} data-testid="runbook-link">
        {runbook.name}
      </Link>
    ),
  },
  {
    id: "about",
    header: "What it does",
    minWidth: 380,
    cell: (runbook) =>
      runbook.is_right ? (
        <Prose text={runbook.about} />
      ) : (
        <StatusIndicator type="error">
          <Prose text={runbook.about} />
        </StatusIndicator>
      ),
  },
  { id: "steps", header: "Steps", cell: (runbook) => (runbook.is_right ? runbook.steps : "") },
  {
    id: "origin",
    header: "From",
    minWidth: 140,
    cell: (runbook) =>
      runbook.origin === "estate" ? <Badge color="blue">The estate</Badge> : <Badge color="grey">Reeve</Badge>,
  },
];

const matches = (runbook: RunbookSummary, text: string) =>
  `${runbook.name} ${runbook.about}`.toLowerCase().includes(text.toLowerCase());

const search = (text: string) => navigate(href("/runbooks", { text }), { replace: true });

/** What can be run: the runbooks of the estate folder, and those that come with Reeve. */
export function RunbooksPage() {
  const { query } = useRoute();
  const text = query.get("text") ?? "";
  const polled = usePoll("runbooks", api.runbooks, () => 60_000);
  const items = polled.data?.items.filter((runbook) => matches(runbook, text));
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={
            <>
              Automation documents of AWS Systems Manager, run by Reeve. Those of the estate are in its folder{" "}
              <code>runbooks/</code>, and stand in for others of the same name.
            </>
          }
          actions={
            <Button href="#/executions" data-testid="to-executions">
              What was run
            </Button>
          }
        >
          Runbooks
        </Header>
      }
    >
      <DataTable
        testid="runbooks"
        what="runbooks"
        source={polled}
        items={items}
        trackBy={(runbook) => runbook.name}
        columns={COLUMNS}
        header={
          <Header variant="h2" counter={items && `(${items.length})`}>
            Runbooks
          </Header>
        }
        filter={
          <div className="filters short">
            <SearchText value={text} placeholder="Find by name or purpose" onSearch={search} />
          </div>
        }
        empty={
          <Empty title="No runbook matches" action={<Button onClick={() => search("")}>Show all runbooks</Button>} />
        }
      />
    </ContentLayout>
  );
}
