/**
 * One page of a plan's actions, filtered if asked.
 *
 * The API pages through a plan and does not search it. So a filter is applied here: large pages are read until enough
 * actions match, but no more than so many at once; `next` then goes on where the search stopped.
 */

import { api } from "../api";
import type { PlanAction, PlanDetail } from "../types";
import { matchesAction } from "./plan";

const PAGE = 50;
const LARGE_PAGE = 1000;
const MOST_READS = 10;

export interface ActionFilter {
  text: string;
  step: string;
}

export const isFiltering = (filter: ActionFilter): boolean => filter.text.trim() !== "" || filter.step !== "";

/** The plan `id` with the actions from `cursor` on that match `filter`. */
export async function planPage(
  id: string,
  filter: ActionFilter,
  cursor: string | null,
  signal: AbortSignal,
): Promise<PlanDetail> {
  if (!isFiltering(filter)) return api.plan(id, { limit: PAGE, cursor }, signal);
  const items: PlanAction[] = [];
  let from = cursor;
  for (let reads = 1; ; reads += 1) {
    // Each page says where the next begins, so they can only be read one after the other.
    // oxlint-disable-next-line no-await-in-loop
    const plan = await api.plan(id, { limit: LARGE_PAGE, cursor: from }, signal);
    items.push(...plan.items.filter((action) => matchesAction(action, filter.text, filter.step)));
    if (plan.next === null || items.length >= PAGE || reads === MOST_READS) return { ...plan, items };
    from = plan.next;
  }
}
