import { useCallback, useEffect, useRef, useState } from "react";
import type { ApiError } from "../api";
import { asApiError } from "./usePoll";

export interface Task {
  busy: boolean;
  /** Why the last attempt failed. */
  error: ApiError | undefined;
  run: (task: () => Promise<void>) => Promise<void>;
}

/** Something a person starts by a click: one at a time, with its error kept. */
export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const mounted = useRef(true);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  const run = useCallback(async (task: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await task();
    } catch (failure) {
      if (mounted.current) setError(asApiError(failure));
    }
    if (mounted.current) setBusy(false);
  }, []);
  return { busy, error, run };
}
