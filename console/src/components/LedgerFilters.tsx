import Autosuggest from "@cloudscape-design/components/autosuggest";
import { useCallback, useState } from "react";
import { navigate } from "../hooks/useRoute";
import { href } from "../lib/route";
import type { LedgerEntry } from "../types";
import { SearchText } from "./SearchText";

interface Props {
  plan: string;
  kind: string;
  /** The entries on the page: their kinds are offered. */
  seen: readonly LedgerEntry[];
}

/** Narrows the ledger to one plan or one kind of entry; both live in the address. */
export function LedgerFilters({ plan, kind, seen }: Props) {
  const [typed, setTyped] = useState({ over: kind, text: kind });
  const text = typed.over === kind ? typed.text : kind;
  const kinds = [...new Set(seen.map((entry) => entry.kind))].toSorted();
  const byPlan = useCallback(
    (value: string) => navigate(href("/ledger", { plan: value.trim(), kind }), { replace: true }),
    [kind],
  );
  const byKind = (value: string) => navigate(href("/ledger", { plan, kind: value.trim() }), { replace: true });
  return (
    <div className="filters short">
      <SearchText value={plan} placeholder="Plan id, whole" onSearch={byPlan} />
      <Autosuggest
        value={text}
        placeholder="Kind, e.g. plan.approved"
        ariaLabel="Kind of entry"
        options={kinds.map((value) => ({ value }))}
        enteredTextLabel={(value) => `Kind "${value}"`}
        onChange={({ detail }) => {
          setTyped({ over: kind, text: detail.value });
          if (detail.value === "") byKind("");
        }}
        onSelect={({ detail }) => byKind(detail.value)}
        onBlur={() => text !== kind && byKind(text)}
        data-testid="filter-kind"
      />
    </div>
  );
}
