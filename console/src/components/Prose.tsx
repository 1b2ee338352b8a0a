import { sentence } from "../lib/format";

/** A server's text: what it quotes in backticks is shown as code. */
export function Prose({ text }: { text: string }) {
  const parts = text.split("`");
  // Quoted parts have odd places; their order never changes, so the place is a fine key.
  return (
    <>
      {parts.map((part, place) =>
        place % 2 === 1 && place < parts.length - 1 ? <code key={`${place} ${part}`}>{part}</code> : part,
      )}
    </>
  );
}

/** A server's message as a whole sentence. */
export function Sentence({ text }: { text: string }) {
  return <Prose text={sentence(text)} />;
}
