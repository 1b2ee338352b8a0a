import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import { actorName, dateTime } from "../../lib/format";
import type { JournalRecord } from "../../types";
import { Prose } from "../Prose";

/** More than anyone reads on a page. */
const MOST = 500;

/** Everything that happened, in order, as it was recorded. */
export function Journal({ records }: { records: JournalRecord[] }) {
  const shown = records.slice(-MOST);
  return (
    <Container>
      <ExpandableSection
        headerText="Journal"
        headerCounter={`(${records.length})`}
        headerDescription={records.length > MOST ? `The last ${MOST} are shown.` : "What happened, in order."}
        defaultExpanded
      >
        <ol className="journal" data-testid="journal">
          {shown.map((record) => (
            <li key={record.number} data-kind={record.kind}>
              <time className="quiet nowrap" dateTime={record.at} title={dateTime(record.at)}>
                {record.at.slice(11, 19)}
              </time>{" "}
              <span className="journal-text">
                <Prose text={words(record)} />
              </span>
            </li>
          ))}
        </ol>
      </ExpandableSection>
    </Container>
  );
}

function words({ kind, summary, detail }: JournalRecord): string {
  if (kind === "log") return `printed:\n${typeof detail === "string" ? detail.trimEnd() : summary}`;
  return summary.replaceAll(/person:[^\s:]+/g, actorName);
}
