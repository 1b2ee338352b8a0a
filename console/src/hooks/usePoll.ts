import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../api";

const LONGEST_PAUSE = 60_000;

/** How long to wait after `failures` failures in a row. */
export function pause(interval: number, failures: number): number {
  return Math.min(interval * 2 ** failures, Math.max(LONGEST_PAUSE, interval));
}

export interface Polled<Data> {
  /** The newest answer; kept while later requests fail. */
  data: Data | undefined;
  /** Why the newest request failed; undefined after a success. */
  error: ApiError | undefined;
  /** Nothing has been answered yet. */
  loading: boolean;
  /** Asks again now. */
  refresh: () => void;
}

interface Answer<Data> {
  key: string;
  data?: Data;
  error?: ApiError;
}

/**
 * Asks `load` again and again, `interval(answer)` milliseconds after each answer.
 *
 * Failures double the pause; a hidden window asks nothing and a shown one asks at once; a new `key` starts over and
 * drops the old answer. `interval` sees the newest answer: a plan at work is watched more closely.
 */
export function usePoll<Data>(
  key: string,
  load: (signal: AbortSignal) => Promise<Data>,
  interval: (data: Data | undefined) => number,
): Polled<Data> {
  const [answer, setAnswer] = useState<Answer<Data>>({ key });
  const latest = useRef({ load, interval });
  const askNow = useRef(() => {});
  useEffect(() => {
    latest.current = { load, interval };
  });

  useEffect(() => {
    const controller = new AbortController();
    let timer: number | undefined;
    let failures = 0;
    let asking = false;
    let again = false;
    let newest: Data | undefined;

    const plan = () => {
      window.clearTimeout(timer);
      if (!document.hidden) timer = window.setTimeout(ask, pause(latest.current.interval(newest), failures));
    };
    const ask = async () => {
      if (asking) {
        again = true;
        return;
      }
      asking = true;
      again = false;
      try {
        const data = await latest.current.load(controller.signal);
        newest = data;
        failures = 0;
        if (!controller.signal.aborted) setAnswer({ key, data });
      } catch (error) {
        failures += 1;
        if (!controller.signal.aborted)
          setAnswer((old) => ({ ...(old.key === key ? old : { key }), error: asApiError(error) }));
      }
      asking = false;
      if (controller.signal.aborted) return;
      if (again) void ask();
      else plan();
    };
    const shown = () => (document.hidden ? window.clearTimeout(timer) : void ask());

    askNow.current = () => void ask();
    void ask();
    document.addEventListener("visibilitychange", shown);
    return () => {
      controller.abort();
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [key]);

  const refresh = useCallback(() => askNow.current(), []);
  const { data, error } = answer.key === key ? answer : { data: undefined, error: undefined };
  return { data, error, loading: data === undefined && error === undefined, refresh };
}

/** Any failure as one that can be shown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, "console", error instanceof Error ? error.message : String(error), "Reload the page.");
}
