import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import type { Run } from "../hooks/useRun";
import { count, counted } from "../lib/format";
import { Problem } from "./Problem";

export function ObserveButton({ run, primary = false }: { run: Run; primary?: boolean }) {
  const busy = run.starting || run.current !== null;
  return (
    <Button
      variant={primary ? "primary" : "normal"}
      iconName="refresh"
      loading={busy}
      loadingText="Observing"
      onClick={run.start}
      data-testid="observe"
    >
      Observe now
    </Button>
  );
}

/** How far the run has come; nothing while there is none. */
export function RunProgress({ run }: { run: Run }) {
  if (run.error) return <Problem error={run.error} retry={run.start} />;
  if (run.current === null) return null;
  const { scopes_done: done, scopes_total: total, resources } = run.current;
  return (
    <Container data-testid="run-progress">
      <ProgressBar
        label="Observing the estate"
        value={total === 0 ? 0 : (100 * done) / total}
        description={`${count(done)} of ${counted(total, "part")} (one account, Region and type each)`}
        additionalInfo={`${counted(resources, "resource")} so far`}
      />
    </Container>
  );
}
