import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { TableProps } from "@cloudscape-design/components/table";
import { useState } from "react";
import { api } from "../api";
import { CoverageBadge, VerdictStatus } from "../components/Badges";
import { DataTable, Empty } from "../components/DataTable";
import { Pager } from "../components/Pager";
import { Panel } from "../components/Panel";
import { ResourceDetails } from "../components/ResourceDetails";
import { ResourceFilters } from "../components/ResourceFilters";
import { ResourcePlace } from "../components/ResourceName";
import { TagList } from "../components/TagList";
import { useCursor } from "../hooks/useCursor";
import { useEstate } from "../hooks/useEstate";
import { usePoll } from "../hooks/usePoll";
import { navigate, useRoute } from "../hooks/useRoute";
import { counted } from "../lib/format";
import { href } from "../lib/route";
import type { Resource } from "../types";

const LIMIT = 50;

const keyOf = (resource: Resource) =>
  resource.arn || `${resource.account} ${resource.region} ${resource.type} ${resource.id}`;

/** With the side panel open the last ones make room: the panel shows them. */
function columns(open: (resource: Resource) => void, wide: boolean): TableProps.ColumnDefinition<Resource>[] {
  const all: TableProps.ColumnDefinition<Resource>[] = [
    {
      id: "resource",
      header: "Resource",
      isRowHeader: true,
      minWidth: 260,
      cell: (resource) => (
        <>
          <Link onFollow={() => open(resource)} data-testid="resource-open">
            {resource.id}
          </Link>
          {resource.name !== null && resource.name !== resource.id && <> {resource.name}</>}
          <ResourcePlace {...resource} />
        </>
      ),
    },
    {
      id: "verdict",
      header: "Verdict",
      cell: (resource) => <VerdictStatus verdict={resource.verdict} />,
      minWidth: 165,
    },
    {
      id: "coverage",
      header: "Coverage",
      cell: (resource) => <CoverageBadge coverage={resource.coverage} />,
      minWidth: 120,
    },
    {
      id: "changes",
      header: "Wanted",
      minWidth: 110,
      cell: (resource) =>
        resource.changes.length === 0 ? (
          <span className="quiet">nothing</span>
        ) : (
          counted(resource.changes.length, "change")
        ),
    },
    { id: "tags", header: "Tags", cell: (resource) => <TagList tags={resource.tags} most={3} />, minWidth: 260 },
  ];
  return wide ? all : all.slice(0, 3);
}

/** Every resource that was seen: is it as it should be, and why. */
export function ResourcesPage() {
  const { query } = useRoute();
  const { overview } = useEstate();
  const filters = Object.fromEntries(query);
  const key = query.toString();
  const at = useCursor(key);
  const polled = usePoll(
    `${key} ${at.cursor}`,
    (signal) => api.resources({ ...filters, limit: LIMIT, cursor: at.cursor }, signal),
    () => 15_000,
  );
  const [openKey, setOpenKey] = useState<string>();
  const items = polled.data?.items;
  const selected = items?.find((resource) => keyOf(resource) === openKey);
  const open = (resource: Resource) => setOpenKey(keyOf(resource));
  const unknown = overview.data?.last_run?.unknown_scopes ?? 0;
  const filtered = key !== "";

  return (
    <ContentLayout header={<Header variant="h1">Resources</Header>}>
      <SpaceBetween size="m">
        {unknown > 0 && (
          <Alert
            type="warning"
            header={`This list is not complete: ${counted(unknown, "part")} could not be looked at`}
            action={<Button href={href("/accounts")}>See which and why</Button>}
          >
            What is in there is unknown, and not in this list.
          </Alert>
        )}
        <DataTable
          testid="resources"
          what="resources"
          source={polled}
          items={items}
          trackBy={keyOf}
          columns={columns(open, selected === undefined)}
          selected={selected}
          onSelect={open}
          header={
            <Header
              variant="h2"
              counter={
                items && (polled.data?.next === null && at.index === 0 ? `(${items.length})` : `(${LIMIT} a page)`)
              }
            >
              Resources
            </Header>
          }
          filter={<ResourceFilters filters={filters} />}
          pagination={<Pager at={at} next={polled.data?.next ?? null} />}
          empty={
            filtered ? (
              <Empty
                title="No resource matches"
                action={<Button onClick={() => navigate(href("/resources"))}>Clear the filters</Button>}
              />
            ) : (
              <Empty title="No resources" action={<Button href="#/">Go and observe the estate</Button>}>
                Nothing was observed yet, or the accounts have no resource of a type that Reeve knows.
              </Empty>
            )
          }
        />
        {selected && (
          <Panel header={selected.id} onClose={() => setOpenKey(undefined)}>
            <ResourceDetails resource={selected} />
          </Panel>
        )}
      </SpaceBetween>
    </ContentLayout>
  );
}
