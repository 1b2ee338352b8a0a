import { applyMode, Mode } from "@cloudscape-design/global-styles";

/** Shows the console light or dark, as the system is and whenever that changes. */
export function followColorScheme(): void {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => applyMode(dark.matches ? Mode.Dark : Mode.Light);
  dark.addEventListener("change", apply);
  apply();
}
