import Badge from "@cloudscape-design/components/badge";
import { changeKind, type WishLine } from "../lib/plan";
import type { TagChange } from "../types";
import { Prose } from "./Prose";

const KINDS = {
  add: { color: "green", label: "add" },
  change: { color: "blue", label: "change" },
  remove: { color: "red", label: "remove" },
} as const;

function KindBadge({ kind }: { kind: keyof typeof KINDS }) {
  return <Badge color={KINDS[kind].color}>{KINDS[kind].label}</Badge>;
}

/** One tag's way from before to after, and why. */
export function Change({ change }: { change: TagChange }) {
  return (
    <div className="change">
      <div>
        <KindBadge kind={changeKind(change)} /> <code className="key">{change.key}</code>{" "}
        {change.before === null ? (
          <span className="absent">not set</span>
        ) : (
          <del className="before">{change.before}</del>
        )}{" "}
        <span aria-label="becomes">→</span>{" "}
        {change.after === null ? <span className="absent">removed</span> : <ins className="after">{change.after}</ins>}
      </div>
      <div className="reason">
        <Prose text={change.reason} />
      </div>
    </div>
  );
}

export function Changes({ changes }: { changes: readonly TagChange[] }) {
  return (
    <>
      {changes.map((change) => (
        <Change key={change.key} change={change} />
      ))}
    </>
  );
}

/** The same wish on many resources, as one line. */
export function Wish({ line }: { line: WishLine }) {
  return (
    <>
      <KindBadge kind={line.kind} /> <code className="key">{line.key}</code>
      {line.value !== null && (
        <>
          {" = "}
          <ins className="after">{line.value}</ins>
        </>
      )}
    </>
  );
}
