/** A runbook's parameters as a form: what is typed, and the values that it stands for. */

import type { Parameter } from "../types";

/** What is typed in each field; a list has a line for each element. */
export type Typed = Record<string, string>;

const isList = (parameter: Parameter) => parameter.data_type === "StringList";
const isJson = (parameter: Parameter) => parameter.data_type === "StringMap" || parameter.data_type === "MapList";

/** What the fields hold in the beginning: the defaults. */
export function defaults(parameters: readonly Parameter[]): Typed {
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, asText(parameter, parameter.default)]));
}

function asText(parameter: Parameter, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (isJson(parameter)) return JSON.stringify(value, null, 2);
  if (Array.isArray(value)) return value.map(text).join("\n");
  return text(value);
}

/** A value as one would type it. */
export const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The elements of a list, a line each. */
export const elements = (typed: string): string[] =>
  typed
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** What is wrong with a field, as far as the console can tell; the server checks everything again. */
export function objection(parameter: Parameter, typed: string): string | null {
  if (typed.trim() === "") return parameter.is_required ? "This must be given." : null;
  if (parameter.data_type === "Integer" && !/^-?\d+$/.test(typed.trim())) return "This is a whole number.";
  if (isJson(parameter) && parsed(typed) === undefined) return "This is not JSON.";
  if (!isList(parameter)) return null;
  const { length } = elements(typed);
  if (parameter.min_items !== null && length < parameter.min_items)
    return `At least ${parameter.min_items} are needed.`;
  if (parameter.max_items !== null && length > parameter.max_items)
    return `At most ${parameter.max_items} are allowed.`;
  return null;
}

function parsed(typed: string): unknown {
  try {
    return JSON.parse(typed) as unknown;
  } catch {
    return undefined;
  }
}

/** The values of a form; what was left as it was is left to the runbook. */
export function values(parameters: readonly Parameter[], typed: Typed): Record<string, unknown> {
  const given = parameters.filter((parameter) => {
    const here = typed[parameter.name] ?? "";
    return here !== asText(parameter, parameter.default) && (here.trim() !== "" || !parameter.is_required);
  });
  return Object.fromEntries(
    given.map((parameter) => [parameter.name, standsFor(parameter, typed[parameter.name] ?? "")]),
  );
}

function standsFor(parameter: Parameter, typed: string): unknown {
  if (isList(parameter)) return elements(typed);
  if (isJson(parameter)) return typed.trim() === "" ? null : parsed(typed);
  if (parameter.data_type === "Integer" && typed.trim() !== "") return Number(typed);
  if (parameter.data_type === "Boolean" && typed !== "") return typed === "true";
  return typed;
}
