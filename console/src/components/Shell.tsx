import AppLayout from "@cloudscape-design/components/app-layout";
import SplitPanel from "@cloudscape-design/components/split-panel";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import { useEstate } from "../hooks/useEstate";
import { Notices } from "./EstateProvider";
import { Navigation } from "./Navigation";
import { PanelContext } from "./Panel";
import { TopBar } from "./TopBar";

interface OpenPanel {
  header: string;
  onClose: () => void;
}

/** The frame around every page: top bar, navigation, banners, and a side panel that a page may fill. */
export function Shell({ children }: { children: ReactNode }) {
  const { suspended } = useEstate();
  const [navigationOpen, setNavigationOpen] = useState(() => window.innerWidth > 900);
  const [panel, setPanel] = useState<OpenPanel | null>(null);
  const [target, setTarget] = useState<HTMLElement | null>(null);
  const [panelSize, setPanelSize] = useState(480);
  const show = useCallback((next: OpenPanel | null) => setPanel(next), []);
  const slot = useMemo(() => ({ target, show }), [target, show]);

  return (
    <PanelContext.Provider value={slot}>
      <div id="top-bar">
        <TopBar />
      </div>
      <AppLayout
        headerSelector="#top-bar"
        toolsHide
        navigation={<Navigation />}
        navigationOpen={navigationOpen}
        navigationWidth={220}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        notifications={<Notices suspended={suspended} />}
        stickyNotifications
        content={<div data-testid="page">{children}</div>}
        splitPanelOpen={panel !== null}
        splitPanelSize={panelSize}
        splitPanelPreferences={{ position: "side" }}
        onSplitPanelResize={({ detail }) => setPanelSize(detail.size)}
        onSplitPanelToggle={({ detail }) => !detail.open && panel?.onClose()}
        splitPanel={
          panel !== null && (
            <SplitPanel header={panel.header} hidePreferencesButton closeBehavior="hide">
              <div ref={setTarget} data-testid="panel" />
            </SplitPanel>
          )
        }
      />
    </PanelContext.Provider>
  );
}
