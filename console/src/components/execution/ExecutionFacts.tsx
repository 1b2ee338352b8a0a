import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import { text } from "../../lib/form";
import { actorName, shortId } from "../../lib/format";
import { executionHref, runbookHref } from "../../lib/route";
import type { ExecutionDetail, Standing } from "../../types";
import { Ago } from "../Ago";
import { AccountName } from "../ResourceName";
import { ExecutionStatus } from "./ExecutionStatus";

function Parameters({ values }: { values: Record<string, unknown> }) {
  const entries = Object.entries(values);
  if (entries.length === 0) return <span className="quiet">none</span>;
  return (
    <>
      {entries.map(([name, value]) => (
        <div key={name} className="detail">
          {name}: <code className="key">{Array.isArray(value) ? value.map(text).join(", ") : text(value)}</code>
        </div>
      ))}
    </>
  );
}

interface Props {
  standing: Standing;
  /** What it has to do with others; not known at first. */
  detail: ExecutionDetail | undefined;
}

/** What takes it back, and what it takes back. */
function Undos({ detail: { undoes, undone_by } }: { detail: ExecutionDetail }) {
  return (
    <>
      {undoes !== null && (
        <div data-testid="execution-undoes">
          takes back <Link href={executionHref(undoes)}>{shortId(undoes)}</Link>
        </div>
      )}
      {undone_by.map(({ id, status }) => (
        <div key={id} data-testid="execution-undone-by">
          {status === "Success" ? "taken back by" : "to be taken back by"}{" "}
          <Link href={executionHref(id)}>{shortId(id)}</Link> <ExecutionStatus status={status} />
        </div>
      ))}
    </>
  );
}

/** What an execution is, apart from its steps. */
export function ExecutionFacts({ standing, detail }: Props) {
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        items={[
          {
            label: "Runbook",
            value: <Link href={runbookHref(standing.runbook)}>{standing.runbook}</Link>,
          },
          {
            label: "Where",
            value: (
              <>
                <AccountName id={standing.account} /> <span className="nowrap">{standing.region}</span>
              </>
            ),
          },
          {
            label: "Begun",
            value: (
              <>
                <Ago at={standing.created_at} /> by {actorName(standing.started_by)}
                {standing.reason !== "" && <div className="reason">{standing.reason}</div>}
                {standing.parent !== null && (
                  <div>
                    for <Link href={executionHref(standing.parent)}>{shortId(standing.parent)}</Link>
                  </div>
                )}
                {detail && <Undos detail={detail} />}
                {detail?.role && (
                  <div className="detail">
                    as <code className="key">{detail.role}</code>
                  </div>
                )}
              </>
            ),
          },
          { label: "Parameters", value: <Parameters values={standing.parameters} /> },
        ]}
      />
    </Container>
  );
}
