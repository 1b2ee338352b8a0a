import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";
import { PhaseStatus } from "../components/Badges";
import { Loaded } from "../components/Problem";
import { PlanActionsTable } from "../components/plan/PlanActionsTable";
import { PlanButtons } from "../components/plan/PlanButtons";
import { PlanFacts } from "../components/plan/PlanFacts";
import { PlanHistory } from "../components/plan/PlanHistory";
import { PlanModal, type PlanQuestion } from "../components/plan/PlanModal";
import { PlanProgress } from "../components/plan/PlanProgress";
import { useCursor } from "../hooks/useCursor";
import { useEstate } from "../hooks/useEstate";
import { usePoll } from "../hooks/usePoll";
import { counted, shortId } from "../lib/format";
import { isMoving } from "../lib/plan";
import { isFiltering, planPage } from "../lib/planPage";

/** One plan: what it would do and why, the decision, the work as it happens, and everything that happened to it. */
export function PlanPage({ id }: { id: string }) {
  const { overview } = useEstate();
  const [filter, setFilter] = useState({ text: "", step: "" });
  const key = `${id} ${filter.text} ${filter.step}`;
  const at = useCursor(key);
  const polled = usePoll(
    `${key} ${at.cursor}`,
    (signal) => planPage(id, filter, at.cursor, signal),
    (plan) => (plan && isMoving(plan.phase) ? (isFiltering(filter) ? 3000 : 700) : 6000),
  );
  const [question, setQuestion] = useState<PlanQuestion>();
  const changed = () => {
    polled.refresh();
    overview.refresh();
  };

  return (
    <ContentLayout
      breadcrumbs={
        <BreadcrumbGroup
          items={[
            { text: "Plans", href: "#/plans" },
            { text: shortId(id), href: `#/plans/${id}` },
          ]}
        />
      }
      header={
        <Header
          variant="h1"
          info={polled.data && <PhaseStatus plan={polled.data} />}
          description={<span className="mono">{id}</span>}
          actions={polled.data && <PlanButtons plan={polled.data} ask={setQuestion} />}
        >
          {polled.data ? `${counted(polled.data.actions, "action")} of ${polled.data.controller}` : "Plan"}
        </Header>
      }
    >
      <Loaded of={polled} loading={<Spinner size="large" />}>
        {(plan) => (
          <SpaceBetween size="l">
            <PlanProgress plan={plan} showStep={(step) => setFilter({ text: "", step })} />
            <PlanFacts plan={plan} />
            <PlanActionsTable plan={plan} at={at} filter={filter} setFilter={setFilter} source={polled} />
            <PlanHistory plan={plan.id} events={plan.history} />
            {question && (
              <PlanModal plan={plan} question={question} onClose={() => setQuestion(undefined)} onDone={changed} />
            )}
          </SpaceBetween>
        )}
      </Loaded>
    </ContentLayout>
  );
}
