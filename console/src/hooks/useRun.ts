import { useCallback, useEffect, useRef } from "react";
import { api, ApiError } from "../api";
import type { CurrentRun } from "../types";
import { usePoll } from "./usePoll";
import { useTask } from "./useTask";

export interface Run {
  /** The run that is going on. */
  current: CurrentRun | null;
  starting: boolean;
  error: ApiError | undefined;
  start: () => void;
}

/** The run that is going on, closely watched; `finished` is called when it ends. */
export function useRun(finished: () => void): Run {
  const polled = usePoll("run", api.currentRun, (run) => (run ? 500 : 5000));
  const { busy, error, run } = useTask();
  const current = polled.data ?? null;
  const { refresh } = polled;

  const last = useRef<string | null>(null);
  useEffect(() => {
    const id = current?.id ?? null;
    if (last.current !== null && id === null) finished();
    last.current = id;
  }, [current, finished]);

  const start = useCallback(() => {
    void run(async () => {
      try {
        await api.observe();
      } catch (failure) {
        // Someone else's run is as good as ours.
        if (!(failure instanceof ApiError && failure.status === 409)) throw failure;
      }
      await untilSeen();
      refresh();
      finished();
    });
  }, [run, refresh, finished]);

  return { current, starting: busy, error, start };
}

/** Waits until a run is seen; a small estate may be through before it ever is, so not for long. */
async function untilSeen(): Promise<void> {
  for (let looks = 0; looks < 6; looks += 1) {
    // Each look must wait for the one before it.
    // oxlint-disable-next-line no-await-in-loop
    if ((await api.currentRun()) !== null) return;
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => window.setTimeout(resolve, 250));
  }
}
