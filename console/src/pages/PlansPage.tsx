import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import type { TableProps } from "@cloudscape-design/components/table";
import { api } from "../api";
import { Ago } from "../components/Ago";
import { PhaseStatus } from "../components/Badges";
import { DataTable, Empty } from "../components/DataTable";
import { Pager } from "../components/Pager";
import { Prose } from "../components/Prose";
import { useCursor } from "../hooks/useCursor";
import { useEstate } from "../hooks/useEstate";
import { usePoll } from "../hooks/usePoll";
import { navigate, useRoute } from "../hooks/useRoute";
import { count, shortId } from "../lib/format";
import { isMoving, tallyWords } from "../lib/plan";
import { href, planHref } from "../lib/route";
import type { PlanSummary } from "../types";

const PHASES = [
  { value: "", label: "All plans" },
  { value: "proposed", label: "Waiting for approval" },
  { value: "approved", label: "Approved, not applied" },
  { value: "applying", label: "Applying" },
  { value: "applied", label: "Applied" },
  { value: "undoing", label: "Undoing" },
  { value: "undone", label: "Undone" },
  { value: "refused", label: "Refused" },
  { value: "superseded", label: "Superseded" },
];

function Came({ plan }: { plan: PlanSummary }) {
  if (plan.undo_tally !== null) return <>Undo: {tallyWords(plan.undo_tally)}</>;
  if (plan.phase === "applying" || plan.phase === "applied") return <>{tallyWords(plan.tally)}</>;
  return <span className="quiet">nothing done</span>;
}

function Accounts({ ids }: { ids: string[] }) {
  const { accountName } = useEstate();
  return <>{ids.map(accountName).join(", ")}</>;
}

const COLUMNS: TableProps.ColumnDefinition<PlanSummary>[] = [
  {
    id: "plan",
    header: "Plan",
    isRowHeader: true,
    minWidth: 200,
    cell: (plan) => (
      <>
        <Link href={planHref(plan.id)} data-testid="plan-link">
          {shortId(plan.id)}
        </Link>
        <div className="place">{plan.controller}</div>
      </>
    ),
  },
  { id: "phase", header: "State", cell: (plan) => <PhaseStatus plan={plan} />, minWidth: 170 },
  { id: "actions", header: "Actions", cell: (plan) => count(plan.actions) },
  { id: "came", header: "What came of it", cell: (plan) => <Came plan={plan} />, minWidth: 180 },
  { id: "accounts", header: "Accounts", cell: (plan) => <Accounts ids={plan.accounts} />, minWidth: 160 },
  {
    id: "start",
    header: "Starts",
    minWidth: 220,
    cell: (plan) => (
      <>
        {plan.start === "at_once" ? "At once" : "On approval"}
        {plan.start_reason !== null && (
          <div className="reason">
            <Prose text={plan.start_reason} />
          </div>
        )}
      </>
    ),
  },
  { id: "created", header: "Created", cell: (plan) => <Ago at={plan.created_at} />, minWidth: 110 },
];

/** Plans, newest first, by what they wait for. */
export function PlansPage() {
  const { query } = useRoute();
  const phase = query.get("phase") ?? "";
  const at = useCursor(phase);
  const polled = usePoll(
    `plans ${phase} ${at.cursor}`,
    (signal) => api.plans({ phase, limit: 25, cursor: at.cursor }, signal),
    (data) => (data?.items.some((plan) => isMoving(plan.phase)) ? 1500 : 8000),
  );
  return (
    <ContentLayout header={<Header variant="h1">Plans</Header>}>
      <DataTable
        testid="plans"
        what="plans"
        source={polled}
        items={polled.data?.items}
        trackBy={(plan) => plan.id}
        columns={COLUMNS}
        header={<Header variant="h2">{PHASES.find((each) => each.value === phase)?.label ?? phase}</Header>}
        filter={
          <div className="filters short">
            <Select
              ariaLabel="State"
              options={PHASES}
              selectedOption={PHASES.find((each) => each.value === phase) ?? { value: phase, label: phase }}
              onChange={({ detail }) =>
                navigate(href("/plans", { phase: detail.selectedOption.value }), { replace: true })
              }
              data-testid="filter-phase"
            />
          </div>
        }
        pagination={<Pager at={at} next={polled.data?.next ?? null} />}
        empty={
          phase === "" ? (
            <Empty title="No plans yet" action={<Button href="#/">Go and observe the estate</Button>}>
              A plan appears when something observed is not as the profile wants it.
            </Empty>
          ) : (
            <Empty
              title="No plan is in this state"
              action={<Button onClick={() => navigate(href("/plans"), { replace: true })}>Show all plans</Button>}
            />
          )
        }
      />
    </ContentLayout>
  );
}
