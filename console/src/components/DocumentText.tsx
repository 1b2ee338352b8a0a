/** A document as it was written, read-only; it can be focused, so that the keyboard scrolls it. */
export function DocumentText({ text, label }: { text: string; label: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <section className="document" tabIndex={0} aria-label={label}>
      <pre>{text}</pre>
    </section>
  );
}
