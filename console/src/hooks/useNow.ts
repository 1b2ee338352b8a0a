import { useEffect, useState } from "react";

/** The time, kept true every `interval` milliseconds while `moving`. */
export function useNow(moving: boolean, interval = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!moving) return undefined;
    const timer = window.setInterval(() => setNow(Date.now()), interval);
    return () => window.clearInterval(timer);
  }, [moving, interval]);
  return now;
}
