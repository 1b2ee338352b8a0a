import Input from "@cloudscape-design/components/input";
import { useEffect, useState } from "react";

interface Props {
  value: string;
  placeholder: string;
  onSearch: (text: string) => void;
}

/** Text that is searched for once typing has paused. */
export function SearchText({ value, placeholder, onSearch }: Props) {
  // What was typed counts only over the value it was typed over: a value from elsewhere (a cleared filter) wins.
  const [typed, setTyped] = useState({ over: value, text: value });
  const text = typed.over === value ? typed.text : value;
  useEffect(() => {
    if (text === value) return undefined;
    const timer = window.setTimeout(() => onSearch(text), 300);
    return () => window.clearTimeout(timer);
  }, [text, value, onSearch]);
  return (
    <Input
      type="search"
      value={text}
      placeholder={placeholder}
      ariaLabel={placeholder}
      onChange={({ detail }) => setTyped({ over: value, text: detail.value })}
      data-testid="filter-text"
    />
  );
}
