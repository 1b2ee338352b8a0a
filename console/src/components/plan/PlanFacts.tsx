import Container from "@cloudscape-design/components/container";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { shortDigest } from "../../lib/format";
import type { PlanDetail } from "../../types";
import { Ago } from "../Ago";
import { Prose } from "../Prose";
import { AccountName } from "../ResourceName";

/** What a plan is, apart from its actions. */
export function PlanFacts({ plan }: { plan: PlanDetail }) {
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        items={[
          { label: "Created", value: <Ago at={plan.created_at} /> },
          {
            label: plan.start === "at_once" ? "Starts at once" : "Starts on approval",
            value: (
              <span data-testid="plan-start">
                <Prose text={plan.start_reason ?? "A person approves or refuses it"} />
              </span>
            ),
          },
          {
            label: "Accounts",
            value: plan.accounts.map((account) => (
              <div key={account}>
                <AccountName id={account} />
              </div>
            )),
          },
          {
            label: "Digest",
            value: (
              <CopyToClipboard
                variant="inline"
                textToDisplay={`${shortDigest(plan.digest)}…`}
                textToCopy={plan.digest}
                copyButtonAriaLabel="Copy the whole digest"
                copySuccessText="Copied"
                copyErrorText="Could not copy"
              />
            ),
          },
        ]}
      />
    </Container>
  );
}
