import Alert from "@cloudscape-design/components/alert";
import { count, counted } from "../lib/format";
import type { LedgerCheck } from "../types";
import { Sentence } from "./Prose";

/** What the check of the ledger's chain found. */
export function LedgerVerdict({ check, onDismiss }: { check: LedgerCheck; onDismiss: () => void }) {
  return (
    <div data-testid="ledger-result" data-intact={check.intact}>
      {check.intact ? (
        <Alert
          type="success"
          dismissible
          onDismiss={onDismiss}
          header={`Intact: ${counted(check.entries, "entry", "entries")} checked`}
        >
          {check.head === null ? (
            "There is nothing in it yet."
          ) : (
            <>
              Head <code className="key">{check.head}</code>. Keep it elsewhere to prove later that nothing was cut off.
            </>
          )}
        </Alert>
      ) : (
        <Alert
          type="error"
          dismissible
          onDismiss={onDismiss}
          header={`Not intact${check.problem ? `, at entry ${count(check.problem.sequence)}` : ""}`}
        >
          <Sentence text={check.problem?.message ?? "the server did not say where"} /> Do not trust anything from there
          on: compare with a backup, and find out who wrote to the database.
        </Alert>
      )}
    </div>
  );
}
