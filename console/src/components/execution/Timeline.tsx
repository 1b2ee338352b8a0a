import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import { useNow } from "../../hooks/useNow";
import { statusWords, timeline, tryName, type Bar, type Try } from "../../lib/execution";
import { counted, duration } from "../../lib/format";
import type { Standing } from "../../types";
import { ExecutionStatus } from "./ExecutionStatus";

/** More rows than anyone reads; the journal has them all. */
const MOST = 200;

interface Props {
  standing: Standing;
  tries: Try[];
  /** The steps of the runbook that have not begun. */
  rest: string[];
  selected: Try | undefined;
  open: (each: Try) => void;
}

/** Each try of each step: how it is, and as a bar from when to when. */
export function Timeline({ standing, tries, rest, selected, open }: Props) {
  const now = useNow(standing.ended_at === null, 500);
  const shown = tries.slice(-MOST);
  const bars = timeline(shown, standing, now);
  const whole = (Date.parse(standing.ended_at ?? new Date(now).toISOString()) - Date.parse(standing.created_at)) / 1000;
  const hidden = tries.length - shown.length;
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={`(${tries.length})`}
          description={hidden > 0 ? `The last ${MOST}; ${counted(hidden, "earlier one")} in the journal.` : undefined}
          actions={<span className="quiet">{duration(Math.max(0, whole))} in all</span>}
        >
          Steps
        </Header>
      }
    >
      <ol className="timeline" data-testid="timeline">
        {bars.map((bar) => (
          <Row
            key={bar.try.key}
            bar={bar}
            waits={bar.try.ended_at === null && bar.try.step === standing.step ? standing.waits : null}
            isSelected={bar.try.key === selected?.key}
            open={() => open(bar.try)}
          />
        ))}
        {standing.ended_at === null &&
          rest.map((step) => (
            <li key={step} className="timeline-row quiet">
              <div className="timeline-name">{step}</div>
              <span>not begun</span>
            </li>
          ))}
      </ol>
    </Container>
  );
}

interface RowProps {
  bar: Bar;
  waits: Standing["waits"];
  isSelected: boolean;
  open: () => void;
}

function Row({ bar, waits, isSelected, open }: RowProps) {
  const { try: each, start, length, seconds } = bar;
  const asks = waits?.is_for_somebody ?? false;
  const status = asks ? "Waiting" : each.status;
  const kind = asks ? "waiting" : each.status === "InProgress" ? "going" : statusWords(each.status).status;
  const until = asks ? null : (waits?.until ?? null);
  const done = each.calls.length > 0 ? each.calls.join(", ") : (each.error ?? "");
  return (
    <li
      className={isSelected ? "timeline-row timeline-selected" : "timeline-row"}
      data-step={each.step}
      data-status={status}
    >
      <div className="timeline-name">
        <Link onFollow={open} data-testid="step-open">
          {tryName(each)}
        </Link>
        <div className="place">{done}</div>
      </div>
      <div>
        <ExecutionStatus status={status} />
        {until !== null && <div className="place">looks again at {until.slice(11, 19)}</div>}
      </div>
      <div className="timeline-track" role="img" aria-label={`${statusWords(status).label}, ${duration(seconds)}`}>
        <div
          className={`timeline-bar timeline-${kind}`}
          style={{ insetInlineStart: `${Math.min(start, 99.5)}%`, inlineSize: `${Math.max(length, 0.5)}%` }}
        />
      </div>
      <span className="timeline-took nowrap">{duration(seconds)}</span>
    </li>
  );
}
