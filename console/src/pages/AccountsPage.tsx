import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { TableProps } from "@cloudscape-design/components/table";
import { Ago } from "../components/Ago";
import { AuthorityBadge } from "../components/Badges";
import { DataTable, Empty } from "../components/DataTable";
import { Prose } from "../components/Prose";
import { UnknownsTable } from "../components/UnknownsTable";
import { useEstate } from "../hooks/useEstate";
import { count, counted } from "../lib/format";
import { href } from "../lib/route";
import type { Account } from "../types";

const COLUMNS: TableProps.ColumnDefinition<Account>[] = [
  {
    id: "account",
    header: "Account",
    isRowHeader: true,
    minWidth: 170,
    cell: (account) => (
      <>
        <b>{account.name}</b>
        <div className="place">{account.id}</div>
      </>
    ),
  },
  {
    id: "authority",
    header: "What Reeve may do",
    minWidth: 280,
    cell: (account) =>
      account.authority.map((each) => (
        <div key={each.controller}>
          <AuthorityBadge level={each.level} /> {each.controller}
          <div className="reason">
            <Prose text={each.reason} />
          </div>
        </div>
      )),
  },
  {
    id: "failing",
    header: "Not compliant",
    cell: (account) => {
      if (account.observed_at === null) return <StatusIndicator type="info">Not observed</StatusIndicator>;
      const of = `of ${counted(account.resources, "resource")}`;
      if (account.failing > 0)
        return (
          <Link
            href={href("/resources", { account: account.id, verdict: "fail" })}
          >{`${count(account.failing)} ${of}`}</Link>
        );
      return (
        <StatusIndicator
          type={account.unknown_scopes > 0 ? "info" : "success"}
        >{`0 ${of}${account.unknown_scopes > 0 ? " seen" : ""}`}</StatusIndicator>
      );
    },
  },
  {
    id: "unknown",
    header: "Unknown parts",
    cell: (account) =>
      account.unknown_scopes === 0 ? (
        <span className="quiet">{account.observed_at === null ? "all" : "none"}</span>
      ) : (
        <StatusIndicator type="warning">{count(account.unknown_scopes)}</StatusIndicator>
      ),
  },
  {
    id: "observed",
    header: "Observed",
    cell: (account) => (account.observed_at === null ? "never" : <Ago at={account.observed_at} />),
  },
  {
    id: "regions",
    header: "Regions",
    cell: (account) =>
      account.regions.map((region) => (
        <div key={region} className="nowrap">
          {region}
        </div>
      )),
    minWidth: 120,
  },
  {
    id: "role",
    header: "Role",
    minWidth: 200,
    cell: (account) =>
      account.role_arn === null ? (
        <span className="quiet">own credentials</span>
      ) : (
        <span className="mono">{account.role_arn}</span>
      ),
  },
];

/** The accounts, what Reeve may do in each and why, and what it could not see. */
export function AccountsPage() {
  const { accounts } = useEstate();
  const items = accounts.data?.items;
  return (
    <ContentLayout header={<Header variant="h1">Accounts</Header>}>
      <SpaceBetween size="l">
        <UnknownsTable />
        <DataTable
          testid="accounts"
          what="accounts"
          source={accounts}
          items={items}
          trackBy={(account) => account.id}
          columns={COLUMNS}
          header={
            <Header
              variant="h2"
              counter={items && `(${items.length})`}
              description="Observe: report only. Propose: a plan waits for approval. Act: apply at once, within limits."
            >
              Accounts
            </Header>
          }
          empty={<Empty title="The estate has no accounts">Add one to `estate.yaml` and restart `reeve serve`.</Empty>}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
