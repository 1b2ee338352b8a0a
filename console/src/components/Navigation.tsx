import Badge from "@cloudscape-design/components/badge";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import { useEstate } from "../hooks/useEstate";
import { useRoute } from "../hooks/useRoute";
import type { NeedKind } from "../types";

/** The nouns, and how many plans and executions wait for a person. */
export function Navigation() {
  const { segments } = useRoute();
  const { overview } = useEstate();
  const count = (kind: NeedKind) => overview.data?.needs.filter((need) => need.kind === kind).length ?? 0;
  const waiting = count("plan_waiting");
  const asking = count("execution_waiting");
  const unknown = overview.data?.needs.some((need) => need.kind === "unknown") ?? false;
  return (
    <SideNavigation
      activeHref={`#/${segments[0] ?? ""}`}
      items={[
        { type: "link", text: "Overview", href: "#/" },
        {
          type: "link",
          text: "Plans",
          href: "#/plans",
          info: waiting > 0 ? <Badge color="blue">{waiting} waiting</Badge> : undefined,
        },
        { type: "link", text: "Runbooks", href: "#/runbooks" },
        {
          type: "link",
          text: "Executions",
          href: "#/executions",
          info: asking > 0 ? <Badge color="blue">{asking} waiting</Badge> : undefined,
        },
        { type: "link", text: "Resources", href: "#/resources" },
        {
          type: "link",
          text: "Accounts",
          href: "#/accounts",
          info: unknown ? <Badge color="severity-medium">unknown</Badge> : undefined,
        },
        { type: "divider" },
        { type: "link", text: "Profile", href: "#/profile" },
        { type: "link", text: "Ledger", href: "#/ledger" },
      ]}
    />
  );
}
