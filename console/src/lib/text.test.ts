import { expect, test } from "vitest";
import { failure, query } from "../api";
import { pause } from "../hooks/usePoll";
import { ago, counted, duration, sentence, shortDigest, shortenIds, shortId, shortType, words } from "./format";
import { href, parseRoute } from "./route";
import { splitFragment } from "./token";

test("a token leaves the fragment and the route stays", () => {
  expect(splitFragment("#token=abc")).toEqual({ token: "abc", rest: "" });
  expect(splitFragment("#/plans?token=a%2Bb")).toEqual({ token: "a+b", rest: "/plans" });
  expect(splitFragment("#/plans?phase=proposed&token=abc")).toEqual({ token: "abc", rest: "/plans?phase=proposed" });
  expect(splitFragment("#/plans?token=abc&phase=proposed")).toEqual({ token: "abc", rest: "/plans?phase=proposed" });
  expect(splitFragment("#/ledger?plan=token")).toEqual({ token: null, rest: "/ledger?plan=token" });
});

test("a route is read as it was written", () => {
  const { segments, query: parameters } = parseRoute(
    href("/resources", { type: "AWS::S3::Bucket", text: "a&b=c?", region: "" }),
  );
  expect(segments).toEqual(["resources"]);
  expect(Object.fromEntries(parameters)).toEqual({ type: "AWS::S3::Bucket", text: "a&b=c?" });
  expect(parseRoute("#/plans/plan_1").segments).toEqual(["plans", "plan_1"]);
  expect(parseRoute("").segments).toEqual([]);
});

test("empty parameters are not sent", () => {
  expect(query({ phase: "", limit: 25, cursor: null, text: "a b" })).toBe("?limit=25&text=a+b");
  expect(query({})).toBe("");
});

test("an error is told in the server's words, and a stranger's page is not shown", () => {
  const ours = failure(409, '{"error":{"code":"RV1009","message":"the plan is applied","hint":null}}');
  expect([ours.status, ours.code, ours.message]).toEqual([409, "RV1009", "the plan is applied"]);
  expect(failure(502, "<html>bad gateway</html>").message).toBe("The server answered with status 502.");
  expect(failure(500, "{}").code).toBe("http_500");
});

test("failures in a row double the pause, up to a minute", () => {
  expect([0, 1, 2, 10].map((failures) => pause(1000, failures))).toEqual([1000, 2000, 4000, 60_000]);
});

test("times are told as people say them", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  expect(ago("2026-03-01T11:59:58Z", now)).toBe("just now");
  expect(ago("2026-03-01T11:59:30Z", now)).toBe("30 seconds ago");
  expect(ago("2026-03-01T11:01:00Z", now)).toBe("59 minutes ago");
  expect(ago("2026-02-28T11:00:00Z", now)).toBe("yesterday");
  expect([duration(0.84), duration(42.4), duration(75)]).toEqual(["0.8 s", "42 s", "1 min 15 s"]);
});

test("names are shortened where the rest is known", () => {
  expect(shortType("AWS::EC2::Instance")).toBe("EC2 Instance");
  expect(shortType("All types")).toBe("All types");
  expect(shortId("plan_01hqz8x4k2m7n9p3r5t6v8w0y1")).toBe("plan_…t6v8w0y1");
  expect(shortenIds("action 2 of plan_01hqz8x4k2m7n9p3r5t6v8w0y1 failed")).toBe("action 2 of plan_…t6v8w0y1 failed");
  expect(shortDigest("sha256:0123456789abcdef")).toBe("0123456789ab");
  expect(words("apply_requested")).toBe("Apply requested");
  expect([counted(1, "action"), counted(1200, "action")]).toEqual(["1 action", "1,200 actions"]);
  expect([sentence("the database is busy"), sentence("Why?")]).toEqual(["The database is busy.", "Why?"]);
});
