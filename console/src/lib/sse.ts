/** Server-sent events out of the pieces in which they arrive. */

export interface ServerEvent {
  /** The kind of event; `message` if none is named. */
  kind: string;
  data: string;
  /** Where to go on after this event; null if it names no place. */
  id: string | null;
}

/** Puts events together; comments, which only show that the server is there, are left out. */
export class EventParser {
  private rest = "";

  /** Takes the next piece of text; gives the events that are whole by now. */
  push(piece: string): ServerEvent[] {
    const parts = (this.rest + piece).split(/\r?\n\r?\n/);
    this.rest = parts.pop() ?? "";
    return parts.map(parse).filter((event) => event !== null);
  }
}

function parse(text: string): ServerEvent | null {
  let kind = "message";
  let id: string | null = null;
  const data: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") kind = value;
    if (field === "id") id = value;
    if (field === "data") data.push(value);
  }
  return data.length === 0 ? null : { kind, data: data.join("\n"), id };
}
