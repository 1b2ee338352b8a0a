import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import type { TableProps } from "@cloudscape-design/components/table";
import { useCallback } from "react";
import type { Cursor } from "../../hooks/useCursor";
import type { Polled } from "../../hooks/usePoll";
import { count } from "../../lib/format";
import type { ActionFilter } from "../../lib/planPage";
import type { PlanAction, PlanDetail } from "../../types";
import { StepStatus } from "../Badges";
import { Changes } from "../Change";
import { DataTable, Empty } from "../DataTable";
import { Pager } from "../Pager";
import { SearchText } from "../SearchText";
import { ResourcePlace } from "../ResourceName";

const STEPS = [
  { value: "", label: "Any result" },
  { value: "pending", label: "Not started" },
  { value: "verified", label: "Verified" },
  { value: "refused", label: "Refused" },
  { value: "failed", label: "Failed" },
];

const NUMBER: TableProps.ColumnDefinition<PlanAction> = {
  id: "number",
  header: "#",
  cell: (action) => count(action.number),
  width: 70,
};

const RESOURCE: TableProps.ColumnDefinition<PlanAction> = {
  id: "resource",
  header: "Resource",
  isRowHeader: true,
  minWidth: 260,
  cell: (action) => (
    <>
      <span title={action.arn}>{action.id}</span>
      <ResourcePlace {...action} />
    </>
  ),
};

const CHANGES: TableProps.ColumnDefinition<PlanAction> = {
  id: "changes",
  header: "Changes and why",
  minWidth: 420,
  cell: (action) => <Changes changes={action.changes} />,
};

const APPLY: TableProps.ColumnDefinition<PlanAction> = {
  id: "apply",
  header: "Apply",
  cell: (action) => <StepStatus step={action.apply} />,
  minWidth: 180,
};

const UNDO: TableProps.ColumnDefinition<PlanAction> = {
  id: "undo",
  header: "Undo",
  minWidth: 180,
  cell: (action) =>
    action.undo.step === "pending" && action.apply.step === "refused" ? (
      <span className="quiet">Nothing to undo</span>
    ) : (
      <StepStatus step={action.undo} />
    ),
};

function columns(plan: PlanDetail): TableProps.ColumnDefinition<PlanAction>[] {
  const shown = [NUMBER, RESOURCE, CHANGES];
  if (["applying", "applied", "undoing", "undone"].includes(plan.phase)) shown.push(APPLY);
  if (plan.phase === "undoing" || plan.phase === "undone") shown.push(UNDO);
  return shown;
}

interface Props {
  plan: PlanDetail;
  at: Cursor;
  filter: ActionFilter;
  setFilter: (change: (old: ActionFilter) => ActionFilter) => void;
  source: Polled<unknown>;
}

/** The plan's actions, a page at a time. */
export function PlanActionsTable({ plan, at, filter, setFilter, source }: Props) {
  const search = useCallback((text: string) => setFilter((old) => ({ ...old, text })), [setFilter]);
  return (
    <DataTable
      testid="plan-actions"
      what="actions"
      source={{ ...source, error: undefined }}
      items={plan.items}
      trackBy={(action) => String(action.number)}
      columns={columns(plan)}
      header={
        <Header variant="h2" counter={`(${count(plan.actions)})`}>
          Actions
        </Header>
      }
      filter={
        <div className="filters short">
          <SearchText value={filter.text} placeholder="Find by resource, tag or reason" onSearch={search} />
          <Select
            ariaLabel="Result"
            options={STEPS}
            selectedOption={STEPS.find((each) => each.value === filter.step) ?? null}
            onChange={({ detail }) => setFilter((old) => ({ ...old, step: detail.selectedOption.value ?? "" }))}
            data-testid="filter-step"
          />
        </div>
      }
      pagination={<Pager at={at} next={plan.next} />}
      empty={
        <Empty
          title="No action matches"
          action={<Button onClick={() => setFilter(() => ({ text: "", step: "" }))}>Clear the filter</Button>}
        >
          {plan.next !== null && "There are more on the next page."}
        </Empty>
      }
    />
  );
}
