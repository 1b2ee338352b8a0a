import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import type { ReactNode } from "react";
import type { ApiError } from "../api";
import type { Polled } from "../hooks/usePoll";
import { Sentence } from "./Prose";

/** A failure: what happened, what to do, its code, and a button to try again where that makes sense. */
export function Problem({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <Alert
      type="error"
      header={<Sentence text={error.message} />}
      data-testid="problem"
      action={retry && <Button onClick={retry}>Try again</Button>}
    >
      {error.hint && (
        <div>
          <Sentence text={error.hint} />
        </div>
      )}
      <Box variant="small">Error code {error.code}</Box>
    </Alert>
  );
}

interface LoadedProps<Data> {
  of: Polled<Data>;
  loading: ReactNode;
  children: (data: Data) => ReactNode;
}

/** The data, or why there is none; data that could not be renewed is shown with a word of warning. */
export function Loaded<Data>({ of, loading, children }: LoadedProps<Data>) {
  if (of.data === undefined) return of.error ? <Problem error={of.error} retry={of.refresh} /> : loading;
  return (
    <>
      {of.error && <Stale error={of.error} retry={of.refresh} />}
      {children(of.data)}
    </>
  );
}

/** Says that what is shown may be out of date. */
export function Stale({ error, retry }: { error: ApiError; retry: () => void }) {
  return (
    <Box margin={{ bottom: "m" }}>
      <Alert
        type="warning"
        header="This may be out of date"
        action={<Button onClick={retry}>Try again</Button>}
        data-testid="stale"
      >
        <Sentence text={error.message} /> {error.hint && <Sentence text={error.hint} />}
      </Alert>
    </Box>
  );
}
