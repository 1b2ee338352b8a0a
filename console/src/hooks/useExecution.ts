import { useCallback, useEffect, useRef, useState } from "react";
import { api, type ApiError } from "../api";
import { EventParser, type ServerEvent } from "../lib/sse";
import type { JournalRecord, Standing } from "../types";
import { asApiError, pause } from "./usePoll";

/** How long what arrives at once is gathered before it is shown. */
const GATHER = 60;

export interface Followed {
  standing: Standing | undefined;
  records: JournalRecord[];
  /** Why nothing more arrives; tried again by itself. */
  error: ApiError | undefined;
  /** Nothing has arrived yet. */
  loading: boolean;
  refresh: () => void;
}

interface Seen {
  standing: Standing | undefined;
  records: JournalRecord[];
}

const NOTHING: Seen = { standing: undefined, records: [] };

/**
 * Follows an execution: what happened to it, and what happens, as the server tells it.
 *
 * A connection that is lost is made again, and goes on after the last record that was seen. A hidden window holds no
 * connection: a browser has only few for each server.
 */
export function useExecution(id: string): Followed {
  const [seen, setSeen] = useState<Seen>(NOTHING);
  const [error, setError] = useState<ApiError>();
  const connectNow = useRef(() => {});

  useEffect(() => {
    const gathered: { records: JournalRecord[]; standing: Standing | undefined } = { ...NOTHING, records: [] };
    let controller: AbortController | undefined;
    let timer: number | undefined;
    let gathering: number | undefined;
    let failures = 0;
    let last: string | null = null;
    let isOver = false;

    const show = () => {
      gathering = undefined;
      setSeen({ records: [...gathered.records], standing: gathered.standing });
    };
    const take = (event: ServerEvent) => {
      if (event.kind === "record") gathered.records.push(JSON.parse(event.data) as JournalRecord);
      if (event.kind === "standing") gathered.standing = JSON.parse(event.data) as Standing;
      if (event.kind === "end") isOver = true;
      last = event.id ?? last;
      gathering ??= window.setTimeout(show, GATHER);
    };
    const connect = async () => {
      window.clearTimeout(timer);
      controller?.abort();
      if (isOver || document.hidden) return;
      const own = new AbortController();
      controller = own;
      try {
        await read(await api.executionEvents(id, last, own.signal), (event) => {
          failures = 0;
          if (!own.signal.aborted) take(event);
        });
        setError(undefined);
      } catch (failure) {
        if (own.signal.aborted) return;
        setError(asApiError(failure));
      }
      if (own.signal.aborted || isOver) return;
      failures += 1;
      timer = window.setTimeout(() => void connect(), pause(500, failures));
    };
    const shown = () => (document.hidden ? controller?.abort() : void connect());

    connectNow.current = () => void connect();
    void connect();
    document.addEventListener("visibilitychange", shown);
    return () => {
      controller?.abort();
      window.clearTimeout(timer);
      window.clearTimeout(gathering);
      document.removeEventListener("visibilitychange", shown);
      setSeen(NOTHING);
    };
  }, [id]);

  const refresh = useCallback(() => connectNow.current(), []);
  return { ...seen, error, loading: seen.standing === undefined && error === undefined, refresh };
}

/** Reads a stream to its end. */
async function read(stream: ReadableStream<Uint8Array>, take: (event: ServerEvent) => void): Promise<void> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  for (;;) {
    // Each piece follows the one before it.
    // oxlint-disable-next-line no-await-in-loop
    const { done, value } = await reader.read();
    if (done) return;
    for (const event of parser.push(decoder.decode(value, { stream: true }))) take(event);
  }
}
