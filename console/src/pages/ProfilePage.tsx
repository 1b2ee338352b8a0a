import Alert from "@cloudscape-design/components/alert";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Tabs from "@cloudscape-design/components/tabs";
import { api } from "../api";
import { DocumentText } from "../components/DocumentText";
import { EffectiveTable } from "../components/EffectiveTable";
import { Loaded } from "../components/Problem";
import { Sentence } from "../components/Prose";
import { usePoll } from "../hooks/usePoll";
import type { Profile } from "../types";

function Document({ text, label, none }: { text: string; label: string; none: string }) {
  return text.trim() === "" ? <>{none}</> : <DocumentText text={text} label={label} />;
}

function Content({ profile }: { profile: Profile }) {
  return (
    <SpaceBetween size="m">
      {profile.read_only && (
        <Alert type="info" header="Read-only: Reeve evaluates and reports, and proposes no change">
          Set `Options.ReadOnly` to false in the customization to change that.
        </Alert>
      )}
      {profile.warnings.map((warning) => (
        <Alert key={warning} type="warning" data-testid="profile-warning">
          <Sentence text={warning} />
        </Alert>
      ))}
      <Tabs
        tabs={[
          { id: "effective", label: "In force", content: <EffectiveTable profile={profile} /> },
          {
            id: "customization",
            label: "Customization",
            content: (
              <Document
                text={profile.customization}
                label="Customization profile"
                none="There is none: the default profile is in force as it is."
              />
            ),
          },
          {
            id: "default",
            label: "Default",
            content: <Document text={profile.default} label="Default profile" none="The default profile is empty." />,
          },
        ]}
      />
    </SpaceBetween>
  );
}

/** The tag configurations in force, where each comes from and what it matches, and the documents behind them. */
export function ProfilePage() {
  const polled = usePoll("profile", api.profile, () => 30_000);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={
            polled.data && (
              <>
                Tags that begin with <code className="key">{polled.data.tag_prefix}</code> belong to the Tagger; no
                other tag is ever touched.
              </>
            )
          }
        >
          Profile
        </Header>
      }
    >
      <Loaded of={polled} loading={<Spinner size="large" />}>
        {(profile) => <Content profile={profile} />}
      </Loaded>
    </ContentLayout>
  );
}
