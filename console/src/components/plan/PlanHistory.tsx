import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Steps from "@cloudscape-design/components/steps";
import { actorName, shortenIds, words } from "../../lib/format";
import { eventStatus } from "../../lib/plan";
import { href } from "../../lib/route";
import type { PlanEvent } from "../../types";
import { Ago } from "../Ago";
import { Sentence } from "../Prose";

/** What happened to the plan, oldest first, as the ledger has it. */
export function PlanHistory({ events, plan }: { events: PlanEvent[]; plan: string }) {
  return (
    <Container
      header={
        <Header variant="h2" actions={<Link href={href("/ledger", { plan })}>Every step in the ledger</Link>}>
          History
        </Header>
      }
    >
      <div data-testid="plan-history">
        <Steps
          ariaLabel="History of the plan"
          steps={events.map((event) => ({
            status: eventStatus(event.event),
            header: (
              <>
                <b>{words(event.event)}</b> by {actorName(event.actor)}, <Ago at={event.at} />
              </>
            ),
            details: event.detail === null ? undefined : <Sentence text={shortenIds(event.detail)} />,
          }))}
        />
      </div>
    </Container>
  );
}
