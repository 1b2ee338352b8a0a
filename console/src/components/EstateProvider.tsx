import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import { api } from "../api";
import { EstateContext, type Notice } from "../hooks/useEstate";
import { usePoll } from "../hooks/usePoll";
import { actorName } from "../lib/format";
import type { Suspension } from "../types";
import { Ago } from "./Ago";

const NoticesContext = createContext<FlashbarProps.MessageDefinition[]>([]);

let lastNotice = 0;

/** Watches what every page shows: the overview (suspended? plans waiting?) and the accounts' names. */
export function EstateProvider({ children }: { children: ReactNode }) {
  const overview = usePoll("overview", api.overview, (data) =>
    data?.needs.some((need) => need.kind === "plan_applying") ? 3000 : 10_000,
  );
  const accounts = usePoll("accounts", api.accounts, () => 60_000);
  const [notices, setNotices] = useState<FlashbarProps.MessageDefinition[]>([]);

  const notify = useCallback((notice: Notice) => {
    lastNotice += 1;
    const id = `notice-${lastNotice}`;
    const onDismiss = () => setNotices((old) => old.filter((each) => each.id !== id));
    setNotices((old) => [{ id, dismissible: true, onDismiss, ...notice }, ...old].slice(0, 4));
    if (notice.type === "success") window.setTimeout(onDismiss, 6000);
  }, []);

  const suspended = overview.data?.estate.suspended ?? null;
  const items = accounts.data?.items;
  const estate = useMemo(
    () => ({
      overview,
      accounts,
      suspended,
      accountName: (id: string) => items?.find((account) => account.id === id)?.name ?? id,
      notify,
    }),
    [overview, accounts, suspended, items, notify],
  );

  return (
    <EstateContext.Provider value={estate}>
      <NoticesContext.Provider value={notices}>{children}</NoticesContext.Provider>
    </EstateContext.Provider>
  );
}

/** The banners above every page. */
export function Notices({ suspended }: { suspended: Suspension | null }) {
  const notices = useContext(NoticesContext);
  const banner: FlashbarProps.MessageDefinition[] =
    suspended === null
      ? []
      : [
          {
            id: "suspended",
            type: "warning",
            header: "Reeve is suspended: nothing is changed in any account",
            content: (
              <span data-testid="suspended-banner">
                {actorName(suspended.by)}, {suspended.at !== null && <Ago at={suspended.at} />}:{" "}
                {suspended.reason || "no reason given"}. Observing goes on. Resume in the top bar.
              </span>
            ),
          },
        ];
  return <Flashbar items={[...banner, ...notices]} />;
}
