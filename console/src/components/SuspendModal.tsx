import Box from "@cloudscape-design/components/box";
import { api } from "../api";
import { useEstate } from "../hooks/useEstate";
import { actorName, dateTime } from "../lib/format";
import type { Suspension } from "../types";
import { ConfirmModal } from "./ConfirmModal";

/** Asks before all changes are stopped (with a reason), or before they may go on. */
export function SuspendModal({ suspended, onClose }: { suspended: Suspension | null; onClose: () => void }) {
  const { overview, notify } = useEstate();
  const done = (header: string) => {
    overview.refresh();
    notify({ type: "success", header });
    onClose();
  };
  if (suspended !== null) {
    return (
      <ConfirmModal
        testid="resume"
        header="Resume changes"
        confirm="Resume"
        onClose={onClose}
        onConfirm={async () => {
          await api.resume();
          done("Reeve is resumed");
        }}
      >
        <Box>
          Suspended by {actorName(suspended.by)}, {suspended.at === null ? "" : dateTime(suspended.at)}:{" "}
          {suspended.reason || "no reason given"}.
        </Box>
        <Box>Approved plans may be applied again, and plans that were interrupted go on where they stopped.</Box>
      </ConfirmModal>
    );
  }
  return (
    <ConfirmModal
      testid="suspend"
      header="Suspend all changes"
      confirm="Suspend"
      comment={{ label: "Reason", required: true, placeholder: "Why, and until when" }}
      onClose={onClose}
      onConfirm={async (reason) => {
        await api.suspend(reason);
        done("Reeve is suspended");
      }}
    >
      <Box>
        Nothing is changed in any account until someone resumes. Work that is going on stops between two actions;
        observing and planning go on.
      </Box>
    </ConfirmModal>
  );
}
