import Pagination from "@cloudscape-design/components/pagination";
import type { Cursor } from "../hooks/useCursor";

/** The way through a long list, page by page; nothing for a list of one page. */
export function Pager({ at, next }: { at: Cursor; next: string | null }) {
  if (at.index === 0 && next === null) return null;
  return (
    <Pagination
      currentPageIndex={at.index + 1}
      pagesCount={at.index + (next === null ? 1 : 2)}
      openEnd={next !== null}
      onChange={({ detail }) => at.go(detail.currentPageIndex - 1, next)}
    />
  );
}
