import Box from "@cloudscape-design/components/box";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { actorName, dateTime, shortId } from "../lib/format";
import { planHref } from "../lib/route";
import type { LedgerEntry } from "../types";
import { DocumentText } from "./DocumentText";
import { Sentence } from "./Prose";
import { AccountName } from "./ResourceName";

/** One ledger entry in full. */
export function LedgerEntryDetails({ entry }: { entry: LedgerEntry }) {
  return (
    <SpaceBetween size="l">
      <Box>
        <Sentence text={entry.summary} />
      </Box>
      <KeyValuePairs
        columns={2}
        items={[
          { label: "Who", value: actorName(entry.actor) },
          { label: "When", value: dateTime(entry.at) },
          { label: "Kind", value: <code className="key">{entry.kind}</code> },
          { label: "Account", value: entry.account === null ? "none" : <AccountName id={entry.account} /> },
          {
            label: "Plan",
            value: entry.plan === null ? "none" : <Link href={planHref(entry.plan)}>{shortId(entry.plan)}</Link>,
          },
          { label: "Action", value: entry.action ?? "none" },
        ]}
      />
      <div>
        <Box variant="h4" tagOverride="h3">
          Hash
        </Box>
        <span className="mono">{entry.hash}</span>
      </div>
      <div>
        <Box variant="h4" tagOverride="h3">
          Data
        </Box>
        <DocumentText text={JSON.stringify(entry.data, null, 2)} label="Data of the entry" />
      </div>
    </SpaceBetween>
  );
}
