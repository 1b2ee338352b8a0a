import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState, type ReactNode } from "react";
import { useTask } from "../hooks/useTask";
import { Problem } from "./Problem";

interface Comment {
  label: string;
  required: boolean;
  placeholder: string;
}

interface Choice {
  /** Names the button's test id: `<testid>-<id>`. */
  id: string;
  label: string;
  disabledReason?: string | undefined;
  run: (comment: string) => Promise<void>;
}

interface Props {
  testid: string;
  header: string;
  confirm: string;
  comment?: Comment;
  /** Why confirming is not possible now, if it is not. */
  disabledReason?: string | undefined;
  /** A second, lesser way to go on. */
  other?: Choice;
  onClose: () => void;
  /** Does it; the modal stays open with the error if that fails. */
  onConfirm: (comment: string) => Promise<void>;
  children: ReactNode;
}

/** A question before something is done: what exactly, an optional comment, and the error if it fails. */
export function ConfirmModal({
  testid,
  header,
  confirm,
  comment,
  disabledReason,
  other,
  onClose,
  onConfirm,
  children,
}: Props) {
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const { busy, error, run } = useTask();

  const go = (task: (comment: string) => Promise<void>) => {
    if (comment?.required && text.trim() === "") return setMissing(true);
    void run(() => task(text.trim()));
  };

  return (
    <Modal
      visible
      size="large"
      header={header}
      onDismiss={() => !busy && onClose()}
      data-testid={`${testid}-modal`}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" disabled={busy} onClick={onClose} data-testid={`${testid}-cancel`}>
              Cancel
            </Button>
            {other && (
              <Button
                disabled={busy || other.disabledReason !== undefined}
                onClick={() => go(other.run)}
                data-testid={`${testid}-${other.id}`}
              >
                {other.label}
              </Button>
            )}
            <Button
              variant="primary"
              loading={busy}
              disabled={disabledReason !== undefined}
              disabledReason={disabledReason}
              onClick={() => go(onConfirm)}
              data-testid={`${testid}-confirm`}
            >
              {confirm}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {children}
        {comment && (
          <FormField
            stretch
            label={comment.required ? comment.label : `${comment.label} (optional)`}
            errorText={missing && text.trim() === "" ? "Say why: it is written to the ledger." : undefined}
          >
            <Textarea
              value={text}
              rows={3}
              placeholder={comment.placeholder}
              onChange={({ detail }) => setText(detail.value)}
              data-testid={`${testid}-comment`}
            />
          </FormField>
        )}
        {error && <Problem error={error} />}
      </SpaceBetween>
    </Modal>
  );
}
