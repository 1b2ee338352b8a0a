import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { wordWords } from "../../lib/execution";
import type { Standing, Word } from "../../types";

const ORDER: Word[] = ["cancel", "reject", "pause", "resume", "approve"];

/** What may be said to the execution now; each opens a question first. */
export function ExecutionButtons({ standing, ask }: { standing: Standing; ask: (word: Word) => void }) {
  const may = ORDER.filter((word) => standing.may.includes(word));
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {may.map((word) => (
        <Button
          key={word}
          variant={word === "approve" || word === "resume" ? "primary" : "normal"}
          onClick={() => ask(word)}
          data-testid={`execution-${word}`}
        >
          {wordWords(word).label}
        </Button>
      ))}
    </SpaceBetween>
  );
}
