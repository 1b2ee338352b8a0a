/** How much of a value is shown. */
const LONGEST = 200;

/** A value on one line, cut where it gets long. */
export function Brief({ value }: { value: unknown }) {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return <code className="key">{text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}</code>;
}
