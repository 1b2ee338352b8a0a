import Box from "@cloudscape-design/components/box";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { href } from "../lib/route";
import type { Obstacle, Resource } from "../types";
import { Ago } from "./Ago";
import { CoverageBadge, VerdictStatus } from "./Badges";
import { Changes } from "./Change";
import { Sentence } from "./Prose";
import { AccountName } from "./ResourceName";
import { TagList } from "./TagList";

function Unseen({ obstacle }: { obstacle: Obstacle }) {
  return (
    <>
      It could not be seen whole: <Sentence text={obstacle.message} />{" "}
      {obstacle.missing_permission !== null && (
        <>
          Allow <code>{obstacle.missing_permission}</code> to Reeve's role in this account, then observe again.
        </>
      )}
    </>
  );
}

function Why({ resource }: { resource: Resource }) {
  if (resource.unknown !== null) return <Unseen obstacle={resource.unknown} />;
  if (resource.configurations.length === 0)
    return <>No enabled configuration of the profile matches it, so its tags are not kept.</>;
  return (
    <>
      Matched by{" "}
      {resource.configurations.map((name, index) => (
        <span key={name}>
          {index > 0 && ", "}
          <Link href={href("/profile", { type: resource.type })}>{name}</Link>
        </span>
      ))}
      .
    </>
  );
}

function Wanted({ resource }: { resource: Resource }) {
  if (resource.changes.length > 0) return <Changes changes={resource.changes} />;
  if (resource.unknown !== null) return <>Not known.</>;
  return <>{resource.verdict === "pass" ? "None: its tags are as they should be." : "None can be planned."}</>;
}

/** One resource: the verdict and why, what would change, and what it looks like now. */
export function ResourceDetails({ resource }: { resource: Resource }) {
  return (
    <SpaceBetween size="l">
      <KeyValuePairs
        columns={2}
        items={[
          { label: "Verdict", value: <VerdictStatus verdict={resource.verdict} /> },
          { label: "Coverage", value: <CoverageBadge coverage={resource.coverage} /> },
          { label: "Type", value: resource.type },
          { label: "Name", value: resource.name ?? "none" },
          { label: "Account", value: <AccountName id={resource.account} /> },
          { label: "Region", value: resource.region },
          { label: "Reported as", value: resource.rule },
        ]}
      />
      <div>
        <Box variant="h4" tagOverride="h3">
          Why
        </Box>
        <Why resource={resource} />
        {resource.notes.map((note) => (
          <Box key={note} color="text-status-warning">
            <Sentence text={note} />
          </Box>
        ))}
      </div>
      <div data-testid="resource-changes">
        <Box variant="h4" tagOverride="h3">
          Wanted changes
        </Box>
        <Wanted resource={resource} />
      </div>
      <div>
        <Box variant="h4" tagOverride="h3">
          Tags now (observed <Ago at={resource.observed_at} />)
        </Box>
        <TagList tags={resource.tags} />
      </div>
      <div>
        <Box variant="h4" tagOverride="h3">
          ARN
        </Box>
        <CopyToClipboard
          variant="inline"
          textToCopy={resource.arn}
          copyButtonAriaLabel="Copy the ARN"
          copySuccessText="Copied"
          copyErrorText="Could not copy"
        />
      </div>
    </SpaceBetween>
  );
}
