import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { Polled } from "../hooks/usePoll";
import { Problem, Stale } from "./Problem";

interface Props<Item> {
  testid: string;
  header: ReactNode;
  /** What the table is a list of, in lower case: `plans`. */
  what: string;
  source: Pick<Polled<unknown>, "error" | "loading" | "refresh">;
  items: readonly Item[] | undefined;
  trackBy: (item: Item) => string;
  columns: TableProps.ColumnDefinition<Item>[];
  empty: ReactNode;
  filter?: ReactNode;
  pagination?: ReactNode;
  selected?: Item | undefined;
  onSelect?: (item: Item) => void;
}

/** A table with the three states that are not data: loading, empty with what to do, and an error with a retry. */
export function DataTable<Item>(props: Props<Item>) {
  const { source, items, onSelect } = props;
  if (items === undefined && source.error) return <Problem error={source.error} retry={source.refresh} />;
  return (
    <>
      {source.error && <Stale error={source.error} retry={source.refresh} />}
      <Table<Item>
        data-testid={props.testid}
        header={props.header}
        filter={props.filter}
        pagination={props.pagination}
        items={items ?? []}
        trackBy={props.trackBy}
        columnDefinitions={props.columns}
        loading={items === undefined}
        loadingText={`Loading ${props.what}`}
        empty={<Box textAlign="center">{props.empty}</Box>}
        wrapLines
        cellVerticalAlign="top"
        enableKeyboardNavigation
        stickyHeader
        contentDensity="compact"
        selectedItems={props.selected === undefined ? [] : [props.selected]}
        onRowClick={onSelect && (({ detail }) => onSelect(detail.item))}
      />
    </>
  );
}

/** Nothing to show: what that means and what to do. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <SpaceBetween size="xs">
      <b>{title}</b>
      {children && <Box variant="p">{children}</Box>}
      {action}
    </SpaceBetween>
  );
}
