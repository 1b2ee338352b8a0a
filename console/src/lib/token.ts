/**
 * The bearer token: it arrives in the address's fragment, is kept for this tab only, and leaves the address bar at once.
 *
 * A fragment is never sent to a server and sessionStorage ends with the tab, so the token is in no log and no history.
 */

const KEY = "reeve.token";

/** What a fragment holds: the token, if any, and the route that remains without it. */
export function splitFragment(fragment: string): { token: string | null; rest: string } {
  const text = fragment.replace(/^#/, "");
  const match = /(?:^|[?&])token=([^&]*)/.exec(text);
  if (!match) return { token: null, rest: text };
  const rest = text
    .replace(match[0], match[0].startsWith("?") ? "?" : "")
    .replace(/^&/, "")
    .replace(/\?$/, "");
  return { token: decodeURIComponent(match[1] ?? ""), rest: rest.replace("?&", "?") };
}

/** Takes a token out of the address bar, if there is one; true if there was. */
export function takeTokenFromAddress(): boolean {
  const { token: found, rest } = splitFragment(window.location.hash);
  if (found === null) return false;
  sessionStorage.setItem(KEY, found);
  window.history.replaceState(null, "", `#${rest.startsWith("/") ? rest : "/"}`);
  return true;
}

export const token = (): string | null => sessionStorage.getItem(KEY);
export const forgetToken = (): void => sessionStorage.removeItem(KEY);
