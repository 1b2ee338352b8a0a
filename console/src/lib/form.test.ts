import { expect, test } from "vitest";
import type { Parameter } from "../types";
import { defaults, objection, values } from "./form";

const parameter = (name: string, more: Partial<Parameter> = {}): Parameter => ({
  name,
  type: "String",
  data_type: "String",
  resource_type: null,
  description: null,
  default: null,
  is_required: false,
  allowed_values: [],
  allowed_pattern: null,
  min_items: null,
  max_items: null,
  ...more,
});

const NAME = parameter("Name", { is_required: true });
const IDS = parameter("Ids", { data_type: "StringList", default: ["a", "b"], min_items: 2 });
const COUNT = parameter("Count", { data_type: "Integer", default: 3 });
const FORCE = parameter("Force", { data_type: "Boolean", default: false });
const MAP = parameter("Map", { data_type: "StringMap", default: {} });
const ALL = [NAME, IDS, COUNT, FORCE, MAP];

test("what is left as it was is left to the runbook", () => {
  expect(values(ALL, { ...defaults(ALL), Name: "x" })).toEqual({ Name: "x" });
});

test("what is typed stands for a value of the parameter's type", () => {
  const typed = { Name: "x", Ids: "c\n d \n", Count: "5", Force: "true", Map: '{"a":1}' };
  expect(values(ALL, typed)).toEqual({ Name: "x", Ids: ["c", "d"], Count: 5, Force: true, Map: { a: 1 } });
});

test("what cannot be a value is said before it is sent", () => {
  expect(objection(NAME, " ")).toBe("This must be given.");
  expect(objection(COUNT, "many")).toBe("This is a whole number.");
  expect(objection(IDS, "a")).toBe("At least 2 are needed.");
  expect(objection(MAP, "{")).toBe("This is not JSON.");
  expect(ALL.map((each) => objection(each, each === NAME ? "x" : (defaults(ALL)[each.name] ?? "")))).toEqual(
    ALL.map(() => null),
  );
});
