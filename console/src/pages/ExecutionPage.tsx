import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useEffect, useMemo, useState } from "react";
import { api } from "../api";
import { ExecutionButtons } from "../components/execution/ExecutionButtons";
import { ExecutionFacts } from "../components/execution/ExecutionFacts";
import { ExecutionStatus } from "../components/execution/ExecutionStatus";
import { Family } from "../components/execution/Family";
import { Journal } from "../components/execution/Journal";
import { Timeline } from "../components/execution/Timeline";
import { TryDetails, Values } from "../components/execution/TryDetails";
import { UndoModal } from "../components/execution/UndoModal";
import { WaitAlert } from "../components/execution/WaitAlert";
import { WordModal } from "../components/execution/WordModal";
import { Panel } from "../components/Panel";
import { Problem, Stale } from "../components/Problem";
import { useEstate } from "../hooks/useEstate";
import { useExecution } from "../hooks/useExecution";
import { usePoll } from "../hooks/usePoll";
import { mayBeTakenBack, toldInTheEnd, tries, tryName } from "../lib/execution";
import { flow } from "../lib/flow";
import { shortId } from "../lib/format";
import type { ExecutionDetail, JournalRecord, Standing, Word } from "../types";

interface ContentProps {
  standing: Standing;
  detail: ExecutionDetail | undefined;
  records: JournalRecord[];
}

/** What an execution has to do with others: asked again when it is otherwise than before, and now and then. */
function useDetail(id: string, standing: Standing | undefined): ExecutionDetail | undefined {
  const { data, refresh } = usePoll(
    `execution ${id}`,
    (signal) => api.execution(id, signal),
    () => 10_000,
  );
  const status = standing?.status;
  useEffect(() => {
    if (status !== undefined) refresh();
  }, [status, refresh]);
  return data;
}

function Content({ standing, detail, records }: ContentProps) {
  const all = useMemo(() => tries(records), [records]);
  const [openKey, setOpenKey] = useState<number>();
  const selected = all.find((each) => each.key === openKey);
  const runbook = usePoll(
    `runbook of ${standing.id}`,
    (signal) => api.executionRunbook(standing.id, signal),
    () => 3_600_000,
  );
  const begun = new Set(all.map((each) => each.step));
  const rest = flow(runbook.data?.steps ?? [])
    .rows.map(({ step }) => step.name)
    .filter((name) => !begun.has(name));
  const told = toldInTheEnd(records);
  return (
    <SpaceBetween size="l">
      <WaitAlert standing={standing} />
      <ExecutionFacts standing={standing} detail={detail} />
      {detail && <Family detail={detail} />}
      <Timeline standing={standing} tries={all} rest={rest} selected={selected} open={(each) => setOpenKey(each.key)} />
      {Object.keys(told).length > 0 && (
        <Container data-testid="execution-outputs">
          <Values title="What it told in the end" values={told} />
        </Container>
      )}
      <Journal records={records} />
      {selected && (
        <Panel header={tryName(selected)} onClose={() => setOpenKey(undefined)}>
          <TryDetails of={selected} />
        </Panel>
      )}
    </SpaceBetween>
  );
}

/** One execution of a runbook, live: its steps, what it waits for, what may be said to it, and all that happened. */
export function ExecutionPage({ id }: { id: string }) {
  const { overview } = useEstate();
  const { standing, records, error, refresh } = useExecution(id);
  const detail = useDetail(id, standing);
  const [word, setWord] = useState<Word>();
  const [isUndoing, setIsUndoing] = useState(false);
  return (
    <ContentLayout
      breadcrumbs={
        <BreadcrumbGroup
          items={[
            { text: "Executions", href: "#/executions" },
            { text: shortId(id), href: `#/executions/${id}` },
          ]}
        />
      }
      header={
        <Header
          variant="h1"
          info={standing && <ExecutionStatus status={standing.status} testid="execution-status" />}
          description={<span className="mono">{id}</span>}
          actions={
            standing && (
              <SpaceBetween direction="horizontal" size="xs">
                {detail && mayBeTakenBack(detail) && (
                  <Button onClick={() => setIsUndoing(true)} data-testid="execution-undo">
                    Take back
                  </Button>
                )}
                <ExecutionButtons standing={standing} ask={setWord} />
              </SpaceBetween>
            )
          }
        >
          {standing?.runbook ?? "Execution"}
        </Header>
      }
    >
      {error && standing && <Stale error={error} retry={refresh} />}
      {error && !standing && <Problem error={error} retry={refresh} />}
      {!error && !standing && <Spinner size="large" />}
      {standing && <Content standing={standing} detail={detail} records={records} />}
      {standing && word && (
        <WordModal standing={standing} word={word} onClose={() => setWord(undefined)} onDone={overview.refresh} />
      )}
      {standing && isUndoing && <UndoModal standing={standing} onClose={() => setIsUndoing(false)} />}
    </ContentLayout>
  );
}
