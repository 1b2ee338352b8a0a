import { expect, test } from "vitest";
import { EventParser } from "./sse";

test("events are put together from pieces, and comments are left out", () => {
  const parser = new EventParser();
  expect(parser.push(":\n\nid: 7\nevent: rec")).toEqual([]);
  expect(parser.push('ord\ndata: {"a":1}\n\nevent: end\r\ndata: {}\r\n\r\nda')).toEqual([
    { kind: "record", data: '{"a":1}', id: "7" },
    { kind: "end", data: "{}", id: null },
  ]);
  expect(parser.push("ta:one\ndata: two\n\n")).toEqual([{ kind: "message", data: "one\ntwo", id: null }]);
});
