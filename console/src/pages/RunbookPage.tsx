import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Tabs from "@cloudscape-design/components/tabs";
import { api } from "../api";
import { DocumentText } from "../components/DocumentText";
import { Loaded } from "../components/Problem";
import { Prose } from "../components/Prose";
import { Findings } from "../components/runbook/Findings";
import { PolicyText } from "../components/runbook/PolicyText";
import { RunForm } from "../components/runbook/RunForm";
import { FlowLegend, StepFlow } from "../components/runbook/StepFlow";
import { usePoll } from "../hooks/usePoll";
import { counted } from "../lib/format";
import { href, runbookHref } from "../lib/route";
import type { Runbook } from "../types";

function About({ runbook }: { runbook: Runbook }) {
  return (
    <Container header={<Header variant="h2">What it does</Header>}>
      <SpaceBetween size="s">
        <Box variant="p">
          {runbook.description === null ? (
            <span className="quiet">Its author does not say.</span>
          ) : (
            <span className="prose">
              <Prose text={runbook.description.trim()} />
            </span>
          )}
        </Box>
        {runbook.outputs.length > 0 && (
          <div>
            In the end it tells <Names names={runbook.outputs} />.
          </div>
        )}
        {runbook.role !== null && (
          <div data-testid="runbook-role">
            It runs as <code className="key">{runbook.role}</code>.
          </div>
        )}
        {runbook.undo !== null && (
          <div data-testid="runbook-undo">
            It is taken back by the runbook <Link href={runbookHref(runbook.undo)}>{runbook.undo}</Link>.
          </div>
        )}
        {runbook.files.length > 0 && (
          <div data-testid="runbook-files">
            Beside it {runbook.files.length === 1 ? "lies" : "lie"} <Names names={runbook.files} />.
          </div>
        )}
      </SpaceBetween>
    </Container>
  );
}

function Names({ names }: { names: string[] }) {
  return (
    <>
      {names.map((name, place) => (
        <span key={name}>
          {place > 0 && ", "}
          <code className="key">{name}</code>
        </span>
      ))}
    </>
  );
}

function Steps({ runbook }: { runbook: Runbook }) {
  return (
    <SpaceBetween size="s">
      <FlowLegend runbook={runbook} />
      <StepFlow runbook={runbook} />
    </SpaceBetween>
  );
}

/** One runbook: what it does, how, what it has to be allowed, and running it. */
export function RunbookPage({ name }: { name: string }) {
  const polled = usePoll(
    `runbook ${name}`,
    (signal) => api.runbook(name, signal),
    () => 60_000,
  );
  return (
    <ContentLayout
      breadcrumbs={
        <BreadcrumbGroup
          items={[
            { text: "Runbooks", href: "#/runbooks" },
            { text: name, href: `#/runbooks/${name}` },
          ]}
        />
      }
      header={
        <Header
          variant="h1"
          info={
            polled.data?.origin && (
              <Badge color={polled.data.origin === "estate" ? "blue" : "grey"}>
                {polled.data.origin === "estate" ? "Of the estate" : "Comes with Reeve"}
              </Badge>
            )
          }
          actions={<Button href={href("/executions", { runbook: name })}>What was run</Button>}
        >
          {name}
        </Header>
      }
    >
      <Loaded of={polled} loading={<Spinner size="large" />}>
        {(runbook) => (
          <SpaceBetween size="l">
            <Findings findings={runbook.findings} />
            {runbook.is_right && <About runbook={runbook} />}
            <Tabs
              variant="container"
              tabs={[
                ...(runbook.is_right
                  ? [
                      {
                        id: "steps",
                        label: `${counted(runbook.steps.length, "step")}`,
                        content: <Steps runbook={runbook} />,
                      },
                      { id: "policy", label: "Permissions", content: <PolicyText runbook={runbook.name} /> },
                    ]
                  : []),
                {
                  id: "document",
                  label: "Document",
                  content: <DocumentText text={runbook.text} label="The document" />,
                },
              ]}
            />
            {runbook.is_right && <RunForm key={runbook.name} runbook={runbook} />}
          </SpaceBetween>
        )}
      </Loaded>
    </ContentLayout>
  );
}
