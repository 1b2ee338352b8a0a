import { useState } from "react";

export interface Cursor {
  /** Where the shown page begins; null for the first. */
  cursor: string | null;
  /** The shown page's place, from 0. */
  index: number;
  /** Goes to page `index`; `next` is where the page after the shown one begins. */
  go: (index: number, next: string | null) => void;
}

interface Place {
  key: string;
  starts: (string | null)[];
  index: number;
}

/** A way through a list that only knows what comes next: pages once seen can be gone back to. A new `key` starts over. */
export function useCursor(key: string): Cursor {
  const [place, setPlace] = useState<Place>({ key, starts: [null], index: 0 });
  const shown = place.key === key ? place : { key, starts: [null], index: 0 };
  const go = (index: number, next: string | null) => {
    const starts = shown.starts.slice(0, shown.index + 1);
    if (next !== null) starts.push(next);
    const seen = index <= shown.index ? shown.starts : starts;
    if (index < seen.length) setPlace({ key, starts: seen, index });
  };
  return { cursor: shown.starts[shown.index] ?? null, index: shown.index, go };
}
