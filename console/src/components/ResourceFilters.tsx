import Select, { type SelectProps } from "@cloudscape-design/components/select";
import { useCallback } from "react";
import { useEstate } from "../hooks/useEstate";
import { navigate } from "../hooks/useRoute";
import { shortType } from "../lib/format";
import { href } from "../lib/route";
import { SearchText } from "./SearchText";

type Filters = Record<string, string>;

const change = (filters: Filters, field: string, value: string) =>
  navigate(href("/resources", { ...filters, [field]: value }), { replace: true });

interface PickProps {
  field: string;
  any: string;
  options: SelectProps.Option[];
  filters: Filters;
}

function Pick({ field, any, options, filters }: PickProps) {
  const all = [{ value: "", label: any }, ...options];
  const value = filters[field] ?? "";
  return (
    <Select
      ariaLabel={any}
      options={all}
      selectedOption={all.find((option) => option.value === value) ?? { value, label: value }}
      filteringType={all.length > 10 ? "auto" : "none"}
      onChange={({ detail }) => change(filters, field, detail.selectedOption.value ?? "")}
      data-testid={`filter-${field}`}
    />
  );
}

const VERDICTS = [
  { value: "fail", label: "Not compliant" },
  { value: "pass", label: "Compliant" },
  { value: "unknown", label: "Unknown" },
];

const COVERAGES = [
  { value: "missing", label: "Tags missing" },
  { value: "managed", label: "Managed" },
  { value: "unmanaged", label: "Unmanaged" },
];

/** The filters of the resource table; they live in the address, so that a filtered table is a link. */
export function ResourceFilters({ filters }: { filters: Filters }) {
  const { accounts, overview } = useEstate();
  const known = accounts.data?.items ?? [];
  const regions = [...new Set(known.flatMap((account) => account.regions))].toSorted();
  const types = (overview.data?.coverage ?? []).map((row) => row.resource_type).toSorted();
  const search = useCallback((text: string) => change(filters, "text", text), [filters]);
  return (
    <div className="filters">
      <SearchText value={filters.text ?? ""} placeholder="Find by id, name or tag" onSearch={search} />
      <Pick
        field="account"
        any="Any account"
        filters={filters}
        options={known.map(({ id, name }) => ({ value: id, label: name, description: id }))}
      />
      <Pick
        field="region"
        any="Any Region"
        filters={filters}
        options={regions.map((region) => ({ value: region, label: region }))}
      />
      <Pick
        field="type"
        any="Any type"
        filters={filters}
        options={types.map((type) => ({ value: type, label: shortType(type) }))}
      />
      <Pick field="verdict" any="Any verdict" filters={filters} options={VERDICTS} />
      <Pick field="coverage" any="Any coverage" filters={filters} options={COVERAGES} />
    </div>
  );
}
