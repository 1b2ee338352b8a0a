import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { counted, shortId } from "../../lib/format";
import { executionHref } from "../../lib/route";
import type { ExecutionChild, ExecutionDetail, TargetCounts } from "../../types";
import { AccountName } from "../ResourceName";
import { ExecutionStatus } from "./ExecutionStatus";

/** More rows than anyone reads. */
const MOST = 200;

const COUNTS: [keyof TargetCounts, string][] = [
  ["success", "succeeded"],
  ["failed", "failed"],
  ["timed_out", "timed out"],
  ["cancelled", "cancelled"],
  ["running", "under way"],
  ["pending", "not begun"],
];

const COLUMNS: TableProps.ColumnDefinition<ExecutionChild>[] = [
  { id: "what", header: "For", cell: (child) => <Name child={child} /> },
  { id: "where", header: "Where", cell: (child) => <Where child={child} /> },
  { id: "state", header: "State", cell: (child) => <State child={child} /> },
];

/** The executions that an execution began, and how many of its targets are how. */
export function Family({ detail }: { detail: ExecutionDetail }) {
  const children = detail.children ?? [];
  if (children.length === 0) return null;
  const { targets } = detail;
  const hidden = children.length - MOST;
  return (
    <Container
      data-testid="execution-children"
      header={
        <Header variant="h2" counter={`(${children.length})`} description={targets && countWords(targets)}>
          {targets ? "Targets" : "What it runs"}
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Table<ExecutionChild>
          variant="embedded"
          items={children.slice(0, MOST)}
          contentDensity="compact"
          wrapLines
          columnDefinitions={COLUMNS}
        />
        {hidden > 0 && <Box color="text-body-secondary">And {counted(hidden, "more", "more")}.</Box>}
      </SpaceBetween>
    </Container>
  );
}

function Name({ child }: { child: ExecutionChild }) {
  const name = child.target ?? child.runbook;
  if (child.id === null) return <>{name}</>;
  return (
    <>
      <Link href={executionHref(child.id)}>{name}</Link> <span className="quiet">{shortId(child.id)}</span>
    </>
  );
}

function Where({ child }: { child: ExecutionChild }) {
  return (
    <>
      <AccountName id={child.account} /> <span className="nowrap">{child.region}</span>
    </>
  );
}

function State({ child }: { child: ExecutionChild }) {
  return (
    <>
      <ExecutionStatus status={child.status} />
      {child.step !== null && <span className="quiet"> in {child.step}</span>}
    </>
  );
}

/** "5 targets: 3 succeeded, 2 under way". */
function countWords(targets: TargetCounts): string {
  const some = COUNTS.filter(([field]) => targets[field] > 0).map(([field, word]) => `${targets[field]} ${word}`);
  return `${counted(targets.total, "target")}: ${some.join(", ")}`;
}
