/** Numbers, times and names as people read them. */

const number = new Intl.NumberFormat("en");
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

export const count = (value: number): string => number.format(value);

/** "1 action", "2 actions", "1,200 actions". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export const dateTime = (timestamp: string): string => absolute.format(new Date(timestamp));

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 minutes ago", seen from `now`; a moment ago is "just now". */
export function ago(timestamp: string, now: number): string {
  const seconds = Math.round((Date.parse(timestamp) - now) / 1000);
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return Math.abs(seconds) < 10 ? "just now" : relative.format(seconds, "second");
}

/** The digest's first 12 characters: enough for two people to compare by eye. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, "").slice(0, 12);

/** `EC2 Instance` for `AWS::EC2::Instance`. */
export function shortType(type: string): string {
  const [, service, ...rest] = type.split("::");
  return service === undefined ? type : `${service} ${rest.join(" ")}`;
}

/** An id with its middle left out: the prefix says what it is, the end tells it from its neighbours. */
export function shortId(id: string): string {
  const underscore = id.indexOf("_");
  if (underscore < 0 || id.length < 20) return id;
  return `${id.slice(0, underscore + 1)}…${id.slice(-8)}`;
}

/** `text` with the ids of plans, runs and executions shortened: a table that says them in full hides what happened. */
export const shortenIds = (text: string): string => text.replaceAll(/\b(?:plan|run|exec)_[0-9a-z]{26}\b/g, shortId);

/** A person's name, or Reeve's. */
export const actorName = (actor: string): string => (actor === "reeve" ? "Reeve" : actor.replace(/^person:/, ""));

/** `observe` -> `Observe`, `on_approval` -> `On approval`. */
export function words(identifier: string): string {
  const text = identifier.replaceAll(/[_.-]/g, " ");
  return capital(text);
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The server's messages begin in lower case and end without a period; alone they are shown as sentences. */
export function sentence(text: string): string {
  const end = /[.!?]$/.test(text) || text === "" ? "" : ".";
  return capital(text) + end;
}

/** 0.84 -> "0.8 s", 75 -> "1 min 15 s". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  if (seconds >= 86_400) return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
