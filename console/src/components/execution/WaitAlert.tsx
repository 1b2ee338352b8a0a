import Alert from "@cloudscape-design/components/alert";
import { useNow } from "../../hooks/useNow";
import { dateTime, duration } from "../../lib/format";
import type { Standing } from "../../types";
import { Prose } from "../Prose";

/** Who is asked for what, and until when; why the execution failed, if it did. */
export function WaitAlert({ standing }: { standing: Standing }) {
  if (standing.failure !== null && standing.ended_at !== null)
    return (
      <Alert type="error" header={`The step ${standing.failure.step} failed`} data-testid="execution-failure">
        <Prose text={standing.failure.message} />
      </Alert>
    );
  if (!standing.waits?.is_for_somebody) return null;
  return (
    <Alert type="warning" header={`The step ${standing.step} waits for somebody`} data-testid="execution-wait">
      <WaitWords standing={standing} />
    </Alert>
  );
}

/** Who is asked what, and until when. */
export function WaitWords({ standing: { waits } }: { standing: Standing }) {
  if (waits === null) return null;
  const { message, approvers, needed, until } = waits;
  return (
    <>
      {message !== null && (
        <p className="asked">
          <Prose text={message} />
        </p>
      )}
      {approvers.length > 0 && (
        <div>
          Asked: {approvers.join(", ")}
          {needed !== null && approvers.length > 1 && `; ${needed} of them must agree`}.
        </div>
      )}
      {until !== null && <Until until={until} />}
    </>
  );
}

function Until({ until }: { until: string }) {
  const now = useNow(true);
  const left = (Date.parse(until) - now) / 1000;
  return (
    <div>
      The step fails unless somebody answers
      {left > 0 ? ` until ${dateTime(until)}, ${duration(left)} from now.` : " at once."}
    </div>
  );
}
