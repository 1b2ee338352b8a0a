import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { api } from "../../api";
import { useEstate } from "../../hooks/useEstate";
import { navigate } from "../../hooks/useRoute";
import { useTask } from "../../hooks/useTask";
import { defaults, objection, values } from "../../lib/form";
import { executionHref } from "../../lib/route";
import type { DryRun, Rehearsal, Runbook, StartForm } from "../../types";
import { Problem } from "../Problem";
import { DryRunResult } from "./DryRunResult";
import { ParameterField } from "./ParameterField";
import { RehearsalResult } from "./RehearsalResult";

/** Where to run a runbook, with what, and why; and what it would do. */
export function RunForm({ runbook }: { runbook: Runbook }) {
  const { accounts, suspended, notify } = useEstate();
  const [typed, setTyped] = useState(() => defaults(runbook.parameters));
  const [place, setPlace] = useState({ account: "", region: "" });
  const [reason, setReason] = useState("");
  const [asked, setAsked] = useState(false);
  const [plan, setPlan] = useState<DryRun>();
  const [rehearsal, setRehearsal] = useState<Rehearsal>();
  const dryRun = useTask();
  const rehearse = useTask();
  const start = useTask();

  const known = accounts.data?.items ?? [];
  const account = known.find((each) => each.id === place.account) ?? (known.length === 1 ? known[0] : undefined);
  const regions = account?.regions ?? [];
  const region = regions.includes(place.region) ? place.region : regions.length === 1 ? (regions[0] ?? "") : "";
  const wrong = runbook.parameters.some((parameter) => objection(parameter, typed[parameter.name] ?? "") !== null);
  const form: StartForm = {
    runbook: runbook.name,
    account: account?.id ?? "",
    region,
    parameters: values(runbook.parameters, typed),
    reason: reason.trim(),
  };
  /** What was found out is of what was asked for before. */
  const forget = () => {
    setPlan(undefined);
    setRehearsal(undefined);
  };
  const change = (name: string, text: string) => {
    setTyped((old) => ({ ...old, [name]: text }));
    forget();
  };
  const whenComplete = (task: () => void) => () => {
    setAsked(true);
    if (!wrong && form.account !== "" && form.region !== "") task();
  };
  const look = () => void dryRun.run(async () => setPlan(await api.dryRun(form)));
  const tryOut = () => void rehearse.run(async () => setRehearsal(await api.rehearse(form)));
  const run = () =>
    void start.run(async () => {
      const { id } = await api.startExecution(form);
      notify({ type: "success", header: `${runbook.name} runs` });
      navigate(executionHref(id));
    });

  return (
    <Container
      data-testid="run-form"
      header={<Header variant="h2">Run it</Header>}
      footer={
        <SpaceBetween size="m">
          {runbook.without_undo.length > 0 && (
            <Alert type="warning" header="Some of it cannot be taken back">
              {runbook.without_undo.map(({ step, why }) => (
                <div key={`${step} ${why}`}>
                  <b>{step}</b>: {why}
                </div>
              ))}
            </Alert>
          )}
          <SpaceBetween direction="horizontal" size="xs">
            <Button loading={dryRun.busy} onClick={whenComplete(look)} data-testid="dry-run">
              Show what it would do
            </Button>
            <Button loading={rehearse.busy} onClick={whenComplete(tryOut)} data-testid="rehearse">
              Rehearse
            </Button>
            <Button
              variant="primary"
              loading={start.busy}
              disabled={suspended !== null}
              disabledReason="Reeve is suspended: resume in the top bar first."
              onClick={whenComplete(run)}
              data-testid="run"
            >
              Run
            </Button>
          </SpaceBetween>
          {dryRun.error && <Problem error={dryRun.error} />}
          {rehearse.busy && (
            <Box color="text-body-secondary">
              It runs on a simulated copy of the account: what is there is read first, which may take a while.
            </Box>
          )}
          {rehearse.error && <Problem error={rehearse.error} />}
          {start.error && <Problem error={start.error} />}
          {plan && <DryRunResult plan={plan} />}
          {rehearsal && <RehearsalResult rehearsal={rehearsal} />}
        </SpaceBetween>
      }
    >
      <SpaceBetween size="m">
        <ColumnLayout columns={2}>
          <FormField label="Account" errorText={asked && form.account === "" ? "Choose an account." : null} stretch>
            <Select
              options={known.map(({ id, name }) => ({ value: id, label: name, description: id }))}
              selectedOption={account ? { value: account.id, label: account.name } : null}
              placeholder="Choose an account"
              filteringType={known.length > 10 ? "auto" : "none"}
              statusType={accounts.loading ? "loading" : "finished"}
              onChange={({ detail }) => {
                setPlace({ ...place, account: detail.selectedOption.value ?? "" });
                forget();
              }}
              data-testid="run-account"
            />
          </FormField>
          <FormField label="Region" errorText={asked && region === "" ? "Choose a Region." : null} stretch>
            <Select
              options={regions.map((value) => ({ value, label: value }))}
              selectedOption={region === "" ? null : { value: region, label: region }}
              placeholder={account ? "Choose a Region" : "Choose an account first"}
              disabled={!account}
              onChange={({ detail }) => {
                setPlace({ ...place, region: detail.selectedOption.value ?? "" });
                forget();
              }}
              data-testid="run-region"
            />
          </FormField>
        </ColumnLayout>
        {runbook.parameters.map((parameter) => (
          <ParameterField
            key={parameter.name}
            parameter={parameter}
            typed={typed[parameter.name] ?? ""}
            error={asked ? objection(parameter, typed[parameter.name] ?? "") : null}
            account={form.account}
            region={region}
            onChange={(text) => change(parameter.name, text)}
          />
        ))}
        <FormField label="Reason (optional)" description="Goes to the ledger with the execution." stretch>
          <Input
            value={reason}
            placeholder="Why it is run"
            onChange={({ detail }) => setReason(detail.value)}
            data-testid="run-reason"
          />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}
