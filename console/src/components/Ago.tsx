import { useSyncExternalStore } from "react";
import { ago, dateTime } from "../lib/format";

let now = Date.now();

function subscribe(changed: () => void): () => void {
  const timer = window.setInterval(() => {
    now = Date.now();
    changed();
  }, 10_000);
  return () => window.clearInterval(timer);
}

/** "3 minutes ago", kept true; the exact time is in the tooltip. */
export function Ago({ at }: { at: string }) {
  const seen = useSyncExternalStore(subscribe, () => now);
  return (
    <time dateTime={at} title={dateTime(at)} className="nowrap">
      {ago(at, Math.max(seen, Date.parse(at)))}
    </time>
  );
}
