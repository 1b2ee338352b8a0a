import Alert from "@cloudscape-design/components/alert";
import Badge, { type BadgeProps } from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { tryName } from "../../lib/execution";
import { counted, duration, shortType } from "../../lib/format";
import { callGroups, callVerb, type CallGroup } from "../../lib/rehearsal";
import type { RehearsedChange, RehearsedStep, Rehearsal } from "../../types";
import { Brief } from "../Brief";
import { DocumentText } from "../DocumentText";
import { ExecutionStatus } from "../execution/ExecutionStatus";
import { Values } from "../execution/TryDetails";
import { Prose, Sentence } from "../Prose";

/** How many properties of a changed resource are shown. */
const MOST_DIFFERENCES = 12;

const CHANGES: Record<RehearsedChange["change"], BadgeProps["color"]> = {
  created: "green",
  changed: "blue",
  deleted: "red",
};

/** What a runbook did on a simulated copy of its account. */
export function RehearsalResult({ rehearsal }: { rehearsal: Rehearsal }) {
  const { world, changes, without_undo, outputs, failure } = rehearsal;
  return (
    <div data-testid="rehearsal-result" data-status={rehearsal.status} data-changes={changes.length}>
      <SpaceBetween size="m">
        <Heading rehearsal={rehearsal} />
        {failure !== null && (
          <Alert type="error" header="It would not succeed">
            <Prose text={failure} />
          </Alert>
        )}
        <Sentences title="Not there, or not known" sentences={world.missing} />
        <Sentences title="Not as in the account" sentences={world.differing} />
        <Steps rehearsal={rehearsal} />
        <Part title="What would be different then">
          {changes.length === 0 && <span className="quiet">nothing</span>}
          {changes.map((change) => (
            <Change key={`${change.type} ${change.id}`} change={change} />
          ))}
        </Part>
        {without_undo.length > 0 && (
          <Alert type="warning" header="Some of it could not be taken back">
            {without_undo.map(({ call, step, what, why }) => (
              <div key={call}>
                {step !== null && <b>{step} </b>}
                <code>{what}</code>: <Sentence text={why} />
              </div>
            ))}
          </Alert>
        )}
        {Object.keys(outputs).length > 0 && <Values title="What it would tell in the end" values={outputs} />}
      </SpaceBetween>
    </div>
  );
}

function Heading({ rehearsal: { status, seconds, world } }: { rehearsal: Rehearsal }) {
  const types = Object.entries(world.types);
  const resources = types.reduce((sum, [, count]) => sum + count, 0);
  return (
    <div>
      <Box variant="h3" tagOverride="h3">
        The rehearsal
      </Box>
      <ExecutionStatus status={status} /> after {duration(seconds)} of simulated time.{" "}
      <span className="quiet">
        Nothing of it happened: it ran on a simulated copy of the account, with{" "}
        {types.length === 0 ? "no resources" : `${counted(resources, "resource")} of ${counted(types.length, "type")}`}.
      </span>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Box variant="h4" tagOverride="h4">
        {title}
      </Box>
      {children}
    </div>
  );
}

function Sentences({ title, sentences }: { title: string; sentences: string[] }) {
  if (sentences.length === 0) return null;
  return (
    <Part title={title}>
      <ul className="wishes">
        {sentences.map((sentence) => (
          <li key={sentence}>
            {/* They may begin with the name of a call, which has no capital. */}
            <Prose text={sentence} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Steps({ rehearsal }: { rehearsal: Rehearsal }) {
  const [first] = rehearsal.steps;
  return (
    <Part title="What it did">
      <ol className="dry-run">
        {rehearsal.steps.map((step, place) => (
          // A step may be tried twice at one moment; their order never changes.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={place}>
            <Step step={step} from={first?.began_at ?? step.began_at} rehearsal={rehearsal} />
          </li>
        ))}
      </ol>
    </Part>
  );
}

interface StepProps {
  step: RehearsedStep;
  /** When the first step began. */
  from: string;
  rehearsal: Rehearsal;
}

function Step({ step, from, rehearsal }: StepProps) {
  const offset = (Date.parse(step.began_at) - Date.parse(from)) / 1000;
  const groups = callGroups(rehearsal.calls, step.calls);
  const answers = rehearsal.answers.filter((each) => each.execution === step.execution && each.step === step.step);
  return (
    <>
      <span className="quiet">+{duration(Math.max(0, offset))}</span> <b>{tryName(step)}</b>{" "}
      {step.runbook !== rehearsal.runbook && <span className="quiet">of {step.runbook} </span>}
      {step.action !== null && <span className="quiet">{step.action} </span>}
      {step.status !== null && <ExecutionStatus status={step.status} />}
      {step.seconds !== null && step.seconds > 0 && <span className="quiet"> after {duration(step.seconds)}</span>}
      {step.error !== null && (
        <div>
          <Prose text={step.error} />
        </div>
      )}
      {answers.map(({ word, by }) => (
        <div key={`${word} ${by}`} className="reason">
          {word} in the place of <Prose text={by} />
        </div>
      ))}
      {groups.length > 0 && (
        <ul className="wishes">
          {groups.map((group) => (
            <li key={group.call.number}>
              <Call group={group} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Call({ group: { call, times } }: { group: CallGroup }) {
  return (
    <>
      {call.script !== null && <span className="quiet">the script </span>}
      {callVerb(call)} <code>{call.what}</code>
      {times > 1 && ` ${times} times`}
      <div className="detail">
        <Brief value={call.input} />
      </div>
      {call.error !== null && (
        <div className="detail">
          failed: <Brief value={call.error} />
        </div>
      )}
      {call.error === null && call.answer !== null && (
        <ExpandableSection headerText="Answer" variant="inline">
          <DocumentText text={JSON.stringify(call.answer, null, 2)} label={`Answer of ${call.what}`} />
        </ExpandableSection>
      )}
      {call.printed !== null && call.printed !== "" && (
        <DocumentText text={call.printed} label="What the script printed" />
      )}
    </>
  );
}

function Change({ change }: { change: RehearsedChange }) {
  const hidden = change.differences.length - MOST_DIFFERENCES;
  return (
    <div className="change">
      <Badge color={CHANGES[change.change]}>{change.change}</Badge> {shortType(change.type)}{" "}
      <code className="key">{change.id}</code>
      {change.differences.slice(0, MOST_DIFFERENCES).map(({ path, before, after }) => (
        <div key={path} className="detail">
          {path}: <Side value={before} /> <span aria-label="becomes">→</span> <Side value={after} />
        </div>
      ))}
      {hidden > 0 && <div className="reason">And {counted(hidden, "more property", "more properties")}.</div>}
    </div>
  );
}

function Side({ value }: { value: unknown }) {
  return value === null ? <span className="absent">nothing</span> : <Brief value={value} />;
}
