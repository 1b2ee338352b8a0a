import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { Ago } from "../components/Ago";
import { CoveragePlot } from "../components/CoveragePlot";
import { Needs } from "../components/Needs";
import { ObserveButton, RunProgress } from "../components/Observe";
import { Loaded } from "../components/Problem";
import { useEstate } from "../hooks/useEstate";
import { useRun } from "../hooks/useRun";
import { counted, duration } from "../lib/format";
import type { Overview } from "../types";

function LastRunWords({ overview }: { overview: Overview }) {
  const { estate, last_run: run } = overview;
  const size = `${counted(estate.accounts, "account")} in ${counted(estate.regions, "Region")}`;
  if (run === null) return <>{size}, never observed</>;
  return (
    <span data-testid="last-run">
      {size}. Last observed <Ago at={run.at} />: {counted(run.resources, "resource")} in {duration(run.seconds)}
      {run.unknown_scopes > 0 && `, ${counted(run.unknown_scopes, "part")} unknown`}.
    </span>
  );
}

/** What needs a person now, then how well the estate is cared for. */
export function OverviewPage() {
  const { overview } = useEstate();
  const run = useRun(overview.refresh);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={<ObserveButton run={run} />}
          description={overview.data && <LastRunWords overview={overview.data} />}
        >
          {overview.data?.estate.name ?? "Overview"}
        </Header>
      }
    >
      <Loaded of={overview} loading={<Spinner size="large" />}>
        {(data) => (
          <SpaceBetween size="l">
            <RunProgress run={run} />
            <Container
              header={
                <Header variant="h2" counter={`(${data.needs.length})`}>
                  Needs you now
                </Header>
              }
            >
              <Needs overview={data} run={run} />
            </Container>
            <CoveragePlot rows={data.coverage} observed={data.last_run !== null} />
          </SpaceBetween>
        )}
      </Loaded>
    </ContentLayout>
  );
}
