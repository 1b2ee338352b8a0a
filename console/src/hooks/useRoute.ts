import { useSyncExternalStore } from "react";
import { parseRoute, type Route } from "../lib/route";
import { takeTokenFromAddress } from "../lib/token";

let fragment = window.location.hash;
let route = parseRoute(fragment);

function subscribe(changed: () => void): () => void {
  const listener = () => {
    // An address with a fresh token may be pasted into a running tab: that changes only the fragment.
    if (takeTokenFromAddress()) window.location.reload();
    else changed();
  };
  window.addEventListener("hashchange", listener);
  window.addEventListener("popstate", listener);
  return () => {
    window.removeEventListener("hashchange", listener);
    window.removeEventListener("popstate", listener);
  };
}

function current(): Route {
  if (fragment !== window.location.hash) {
    fragment = window.location.hash;
    route = parseRoute(fragment);
  }
  return route;
}

/** The route that the address bar shows. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, current);
}

/** Goes to `target`; with `replace`, without a step in the browser's history (for filters). */
export function navigate(target: string, { replace = false } = {}): void {
  if (!replace) {
    window.location.hash = target;
    return;
  }
  window.history.replaceState(null, "", target);
  window.dispatchEvent(new PopStateEvent("popstate"));
}
