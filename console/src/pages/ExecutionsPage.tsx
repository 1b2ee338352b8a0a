import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import type { TableProps } from "@cloudscape-design/components/table";
import { api } from "../api";
import { Ago } from "../components/Ago";
import { DataTable, Empty } from "../components/DataTable";
import { ExecutionStatus } from "../components/execution/ExecutionStatus";
import { Pager } from "../components/Pager";
import { AccountName } from "../components/ResourceName";
import { useCursor } from "../hooks/useCursor";
import { usePoll } from "../hooks/usePoll";
import { navigate, useRoute } from "../hooks/useRoute";
import { isGoing } from "../lib/execution";
import { actorName, duration, shortId } from "../lib/format";
import { executionHref, href, runbookHref } from "../lib/route";
import type { Execution } from "../types";

const STATUSES = [
  { value: "", label: "All executions" },
  { value: "Waiting", label: "Waiting for somebody" },
  { value: "Paused", label: "Paused" },
  { value: "InProgress", label: "In progress" },
  { value: "Success", label: "Succeeded" },
  { value: "Failed", label: "Failed" },
  { value: "TimedOut", label: "Timed out" },
  { value: "Cancelling", label: "Being cancelled" },
  { value: "Cancelled", label: "Cancelled" },
];

const COLUMNS: TableProps.ColumnDefinition<Execution>[] = [
  {
    id: "execution",
    header: "Execution",
    isRowHeader: true,
    minWidth: 170,
    cell: (execution) => (
      <>
        <Link href={executionHref(execution.id)} data-testid="execution-link">
          {shortId(execution.id)}
        </Link>
        {execution.parent !== null && (
          <div className="place">
            for <Link href={executionHref(execution.parent)}>{shortId(execution.parent)}</Link>
          </div>
        )}
      </>
    ),
  },
  {
    id: "runbook",
    header: "Runbook",
    minWidth: 220,
    cell: (execution) => (
      <>
        <Link href={runbookHref(execution.runbook)}>{execution.runbook}</Link>
        {execution.reason !== "" && <div className="reason">{execution.reason}</div>}
      </>
    ),
  },
  {
    id: "status",
    header: "State",
    minWidth: 180,
    cell: (execution) => (
      <>
        <ExecutionStatus status={execution.status} />
        {execution.step !== null && <div className="place">in {execution.step}</div>}
      </>
    ),
  },
  {
    id: "where",
    header: "Where",
    minWidth: 180,
    cell: (execution) => (
      <>
        <AccountName id={execution.account} />
        <div className="place">{execution.region}</div>
      </>
    ),
  },
  {
    id: "began",
    header: "Begun",
    minWidth: 130,
    cell: (execution) => (
      <>
        <Ago at={execution.created_at} />
        <div className="place">by {actorName(execution.started_by)}</div>
      </>
    ),
  },
  {
    id: "took",
    header: "Took",
    minWidth: 100,
    cell: (execution) =>
      execution.ended_at === null ? (
        <span className="quiet">not ended</span>
      ) : (
        <span className="nowrap">
          {duration((Date.parse(execution.ended_at) - Date.parse(execution.created_at)) / 1000)}
        </span>
      ),
  },
];

/** What was run, newest first. */
export function ExecutionsPage() {
  const { query } = useRoute();
  const status = query.get("status") ?? "";
  const runbook = query.get("runbook") ?? "";
  const key = `${status} ${runbook}`;
  const at = useCursor(key);
  const polled = usePoll(
    `executions ${key} ${at.cursor}`,
    (signal) => api.executions({ status, runbook, limit: 25, cursor: at.cursor }, signal),
    (data) => (data?.items.some(isGoing) ? 1500 : 5000),
  );
  const known = usePoll("runbooks", api.runbooks, () => 60_000);
  const names = [...new Set([...(known.data?.items ?? []).map((each) => each.name), ...(runbook ? [runbook] : [])])];
  const runbooks = [{ value: "", label: "Any runbook" }, ...names.map((name) => ({ value: name, label: name }))];
  const filter = (changed: Record<string, string | undefined>) =>
    navigate(href("/executions", { status, runbook, ...changed }), { replace: true });
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <Button href="#/runbooks" variant="primary">
              Run a runbook
            </Button>
          }
        >
          Executions
        </Header>
      }
    >
      <DataTable
        testid="executions"
        what="executions"
        source={polled}
        items={polled.data?.items}
        trackBy={(execution) => execution.id}
        columns={COLUMNS}
        header={<Header variant="h2">{STATUSES.find((each) => each.value === status)?.label ?? status}</Header>}
        filter={
          <div className="filters short">
            <Select
              ariaLabel="State"
              options={STATUSES}
              selectedOption={STATUSES.find((each) => each.value === status) ?? { value: status, label: status }}
              onChange={({ detail }) => filter({ status: detail.selectedOption.value })}
              data-testid="filter-status"
            />
            <Select
              ariaLabel="Runbook"
              options={runbooks}
              selectedOption={runbooks.find((each) => each.value === runbook) ?? null}
              filteringType={names.length > 10 ? "auto" : "none"}
              onChange={({ detail }) => filter({ runbook: detail.selectedOption.value })}
              data-testid="filter-runbook"
            />
          </div>
        }
        pagination={<Pager at={at} next={polled.data?.next ?? null} />}
        empty={
          status === "" && runbook === "" ? (
            <Empty title="No runbook was run yet" action={<Button href="#/runbooks">See the runbooks</Button>} />
          ) : (
            <Empty
              title="No execution matches"
              action={
                <Button onClick={() => navigate(href("/executions"), { replace: true })}>Show all executions</Button>
              }
            />
          )
        }
      />
    </ContentLayout>
  );
}
