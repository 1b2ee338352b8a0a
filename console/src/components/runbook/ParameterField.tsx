import Autosuggest from "@cloudscape-design/components/autosuggest";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import Select from "@cloudscape-design/components/select";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { api } from "../../api";
import { usePoll } from "../../hooks/usePoll";
import { elements, text } from "../../lib/form";
import type { Parameter } from "../../types";
import { Prose } from "../Prose";

interface Props {
  parameter: Parameter;
  typed: string;
  error: string | null;
  /** Where the runbook shall run: resources of that place are suggested. */
  account: string;
  region: string;
  onChange: (typed: string) => void;
}

/** One parameter: what it is for, and the field that suits its type. */
export function ParameterField(props: Props) {
  const { parameter, error } = props;
  return (
    <FormField
      stretch
      label={parameter.is_required ? parameter.name : `${parameter.name} (optional)`}
      description={parameter.description !== null && <Prose text={parameter.description.trim()} />}
      constraintText={constraint(parameter)}
      errorText={error}
      data-testid={`parameter-${parameter.name}`}
    >
      <Field {...props} />
    </FormField>
  );
}

function constraint({ type, allowed_pattern: pattern, data_type: kind, ...parameter }: Parameter) {
  const isTyped = parameter.allowed_values.length === 0 && parameter.resource_type === null;
  const list =
    kind === "StringList"
      ? isTyped
        ? ", a line each"
        : ""
      : kind === "StringMap" || kind === "MapList"
        ? ", as JSON"
        : "";
  return (
    <>
      {type}
      {list}
      {pattern !== null && (
        <>
          , matches <code className="key">{pattern}</code>
        </>
      )}
    </>
  );
}

function Field(props: Props) {
  const { parameter, typed, onChange } = props;
  const { data_type: kind, allowed_values: allowed, resource_type: resource } = parameter;
  if (allowed.length > 0) return <Allowed {...props} />;
  if (kind === "Boolean") return <Choice values={["true", "false"]} typed={typed} onChange={onChange} />;
  if (resource !== null) return <Resources {...props} resource={resource} />;
  if (kind === "String") return <Input value={typed} onChange={({ detail }) => onChange(detail.value)} />;
  if (kind === "Integer")
    return <Input type="number" value={typed} onChange={({ detail }) => onChange(detail.value)} />;
  return <Lines typed={typed} onChange={onChange} />;
}

function Lines({ typed, placeholder, onChange }: Omit<ChoiceProps, "values"> & { placeholder?: string }) {
  return (
    <Textarea
      value={typed}
      rows={Math.min(10, Math.max(2, typed.split("\n").length + 1))}
      spellcheck={false}
      placeholder={placeholder}
      onChange={({ detail }) => onChange(detail.value)}
    />
  );
}

function Allowed({ parameter, typed, onChange }: Props) {
  const values = parameter.allowed_values.map(text);
  if (parameter.data_type === "StringList") return <Several values={values} typed={typed} onChange={onChange} />;
  return <Choice values={values} typed={typed} onChange={onChange} />;
}

interface ChoiceProps {
  values: string[];
  typed: string;
  onChange: (typed: string) => void;
}

const option = (value: string) => ({ value, label: value });

function Choice({ values, typed, onChange }: ChoiceProps) {
  return (
    <Select
      options={values.map(option)}
      selectedOption={typed === "" ? null : option(typed)}
      placeholder="Choose one"
      onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
    />
  );
}

function Several({ values, typed, onChange }: ChoiceProps) {
  return (
    <Multiselect
      options={values.map(option)}
      selectedOptions={elements(typed).map(option)}
      placeholder="Choose some"
      onChange={({ detail }) => onChange(detail.selectedOptions.map((each) => each.value ?? "").join("\n"))}
    />
  );
}

/** A resource's id, or several; those that were observed where the runbook shall run are suggested. */
function Resources({ parameter, typed, account, region, onChange, resource }: Props & { resource: string }) {
  const known = usePoll(
    `suggestions ${resource} ${account} ${region}`,
    (signal) => api.resources({ type: resource, account, region, limit: 200 }, signal),
    () => 300_000,
  );
  const options = (known.data?.items ?? []).map(({ id, name }) => ({
    value: id,
    label: id,
    ...(name !== null && name !== id && { description: name }),
  }));
  // Nothing to choose from, or something that is not there: ids can always be typed.
  const [types, setTypes] = useState(false);
  const statusType = known.loading ? "loading" : known.error ? "error" : "finished";
  const empty = "None was observed here: type an id";
  if (parameter.data_type === "StringList" && (types || known.error || (known.data && options.length === 0)))
    return <Lines typed={typed} placeholder="An id on each line" onChange={onChange} />;
  if (parameter.data_type === "StringList") {
    const chosen = elements(typed);
    const all = [...options, ...chosen.filter((id) => !options.some((each) => each.value === id)).map(option)];
    return (
      <>
        <Multiselect
          options={all}
          selectedOptions={chosen.map(option)}
          placeholder="Choose resources"
          filteringType="auto"
          statusType={statusType}
          empty={empty}
          onChange={({ detail }) => onChange(detail.selectedOptions.map((each) => each.value ?? "").join("\n"))}
        />
        <Button variant="inline-link" onClick={() => setTypes(true)}>
          Type ids instead
        </Button>
      </>
    );
  }
  return (
    <Autosuggest
      value={typed}
      options={options}
      statusType={statusType}
      empty={empty}
      enteredTextLabel={(value) => `Use “${value}”`}
      placeholder="Choose a resource, or type its id"
      onChange={({ detail }) => onChange(detail.value)}
    />
  );
}
