interface Props {
  tags: Record<string, string>;
  /** How many to show; the rest are counted. */
  most?: number;
}

/** Tags as `key = value`, in order of key. */
export function TagList({ tags, most }: Props) {
  const all = Object.entries(tags).toSorted(([left], [right]) => left.localeCompare(right));
  if (all.length === 0) return <span className="quiet">no tags</span>;
  const shown = most === undefined ? all : all.slice(0, most);
  return (
    <>
      {shown.map(([key, value]) => (
        <div key={key}>
          <code className="key">{key}</code> <span className="quiet">=</span>{" "}
          {value === "" ? <span className="absent">empty</span> : value}
        </div>
      ))}
      {shown.length < all.length && <div className="quiet">and {all.length - shown.length} more</div>}
    </>
  );
}
