import TopNavigation from "@cloudscape-design/components/top-navigation";
import { useState } from "react";
import { useEstate } from "../hooks/useEstate";
import { SuspendModal } from "./SuspendModal";

/** The product, the estate, and the one switch that stops every change. */
export function TopBar() {
  const { overview, suspended } = useEstate();
  const [asking, setAsking] = useState(false);
  const known = overview.data !== undefined;
  return (
    <>
      <TopNavigation
        identity={{ href: "#/", title: "Reeve" }}
        utilities={[
          {
            type: "button",
            text: overview.data?.estate.name ?? "…",
            href: "#/",
            iconName: "multiscreen",
            disableUtilityCollapse: true,
          },
          {
            type: "button",
            text: suspended === null ? "Suspend" : "Resume",
            iconName: suspended === null ? "pause" : "play",
            variant: suspended === null ? "link" : "primary-button",
            disableUtilityCollapse: true,
            disableTextCollapse: true,
            ariaLabel: suspended === null ? "Suspend: stop all changes" : "Resume changes",
            onClick: () => known && setAsking(true),
          },
        ]}
      />
      {asking && <SuspendModal suspended={suspended} onClose={() => setAsking(false)} />}
    </>
  );
}
