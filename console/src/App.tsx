import { I18nProvider } from "@cloudscape-design/components/i18n";
import messages from "@cloudscape-design/components/i18n/messages/all.en";
import { useEffect, useState } from "react";
import { onUnauthorized } from "./api";
import { EstateProvider } from "./components/EstateProvider";
import { Shell } from "./components/Shell";
import { useRoute } from "./hooks/useRoute";
import type { Route } from "./lib/route";
import { token } from "./lib/token";
import { AccountsPage } from "./pages/AccountsPage";
import { ExecutionPage } from "./pages/ExecutionPage";
import { ExecutionsPage } from "./pages/ExecutionsPage";
import { LedgerPage } from "./pages/LedgerPage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { OverviewPage } from "./pages/OverviewPage";
import { PlanPage } from "./pages/PlanPage";
import { PlansPage } from "./pages/PlansPage";
import { ProfilePage } from "./pages/ProfilePage";
import { ResourcesPage } from "./pages/ResourcesPage";
import { RunbookPage } from "./pages/RunbookPage";
import { RunbooksPage } from "./pages/RunbooksPage";
import { UnauthorizedPage } from "./pages/UnauthorizedPage";

function page({ segments }: Route) {
  const [noun, id] = segments;
  switch (noun) {
    case undefined:
      return <OverviewPage />;
    case "accounts":
      return <AccountsPage />;
    case "resources":
      return <ResourcesPage />;
    case "plans":
      return id === undefined ? <PlansPage /> : <PlanPage key={id} id={id} />;
    case "runbooks":
      return id === undefined ? <RunbooksPage /> : <RunbookPage key={id} name={id} />;
    case "executions":
      return id === undefined ? <ExecutionsPage /> : <ExecutionPage key={id} id={id} />;
    case "ledger":
      return <LedgerPage />;
    case "profile":
      return <ProfilePage />;
    default:
      return <NotFoundPage />;
  }
}

/** The whole console. */
export function App() {
  const route = useRoute();
  const [authorized, setAuthorized] = useState(() => token() !== null);
  useEffect(() => onUnauthorized(() => setAuthorized(false)), []);
  return (
    <I18nProvider locale="en" messages={[messages]}>
      {authorized ? (
        <EstateProvider>
          <Shell>{page(route)}</Shell>
        </EstateProvider>
      ) : (
        <UnauthorizedPage />
      )}
    </I18nProvider>
  );
}
