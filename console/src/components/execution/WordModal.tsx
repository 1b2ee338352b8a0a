import Box from "@cloudscape-design/components/box";
import { api } from "../../api";
import { useEstate } from "../../hooks/useEstate";
import { wordWords } from "../../lib/execution";
import type { Standing, Word } from "../../types";
import { ConfirmModal } from "../ConfirmModal";
import { WaitWords } from "./WaitAlert";

interface Props {
  standing: Standing;
  word: Word;
  onClose: () => void;
  /** Called after the server agreed. */
  onDone: () => void;
}

/** Asks before something is said to an execution. */
export function WordModal({ standing, word, onClose, onDone }: Props) {
  const { notify } = useEstate();
  const { label, done, ask } = wordWords(word);
  return (
    <ConfirmModal
      testid={`execution-${word}`}
      header={`${label}: ${standing.runbook}`}
      confirm={label}
      comment={{ label: "Comment", required: false, placeholder: "Goes to the ledger" }}
      onClose={onClose}
      onConfirm={async (comment) => {
        await api.tellExecution(standing.id, word, comment);
        notify({ type: "success", header: done });
        onDone();
        onClose();
      }}
    >
      {standing.waits?.is_for_somebody && word !== "cancel" && word !== "pause" && <WaitWords standing={standing} />}
      <Box color="text-body-secondary">{ask}</Box>
    </ConfirmModal>
  );
}
