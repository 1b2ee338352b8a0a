import Alert from "@cloudscape-design/components/alert";
import type { Finding } from "../../types";
import { Sentence } from "../Prose";

/** What is wrong with a document, or odd about it, each with its place. */
export function Findings({ findings }: { findings: Finding[] }) {
  const errors = findings.filter((finding) => finding.severity === "error");
  if (findings.length === 0) return null;
  return (
    <Alert
      type={errors.length > 0 ? "error" : "warning"}
      header={errors.length > 0 ? "The document is wrong, and cannot be run" : "The document is odd"}
      data-testid="findings"
    >
      {findings.map((finding) => (
        <div key={`${finding.line} ${finding.column} ${finding.message}`}>
          {finding.line !== null && (
            <span className="mono">
              {finding.line}:{finding.column}{" "}
            </span>
          )}
          <Sentence text={finding.message} /> {finding.hint !== null && <Sentence text={finding.hint} />}
        </div>
      ))}
    </Alert>
  );
}
