import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { statusWords } from "../../lib/execution";

/** How an execution or a step is, as words with an icon. */
export function ExecutionStatus({ status, testid }: { status: string; testid?: string }) {
  const { label, status: type } = statusWords(status);
  return (
    <span data-testid={testid} data-status={status}>
      <StatusIndicator type={type}>{label}</StatusIndicator>
    </span>
  );
}
