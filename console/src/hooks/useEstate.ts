import { createContext, useContext } from "react";
import type { Account, Overview, Page, Suspension } from "../types";
import type { Polled } from "./usePoll";

export interface Notice {
  type: "success" | "error" | "info";
  header: string;
  content?: string;
}

/** What every page may want to know or say. */
export interface Estate {
  overview: Polled<Overview>;
  accounts: Polled<Page<Account>>;
  suspended: Suspension | null;
  /** The account's name, or its id while names are unknown. */
  accountName: (id: string) => string;
  notify: (notice: Notice) => void;
}

export const EstateContext = createContext<Estate | null>(null);

export function useEstate(): Estate {
  const estate = useContext(EstateContext);
  if (estate === null) throw new Error("useEstate is for components inside EstateProvider");
  return estate;
}
