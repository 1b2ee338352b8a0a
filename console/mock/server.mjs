/**
 * A stand-in for `reeve serve`, for work on the console: the API's contract over data in memory, and `dist/` if built.
 *
 *     node mock/server.mjs            REEVE_MOCK_PORT=8089  REEVE_MOCK_TOKEN=mock
 *     REEVE_MOCK_SCENARIO=plain | empty | large | trouble | suspended | tampered | down
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { Conflict, Engine, summary } from "./engine.mjs";
import { POLICY, standing } from "./runbooks.mjs";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** What the real server may send: no inline script, no inline style, nothing from elsewhere. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Starts the mock; `close()` ends it. */
export async function start({ port = 0, token = "mock", scenario = "plain" } = {}) {
  const engine = new Engine(scenario);
  const server = createServer((request, response) => {
    answer(engine, token, request, response).catch((error) =>
      send(response, 500, failure("RV5000", error.message, null)),
    );
  });
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  const close = () => {
    clearInterval(engine.timer);
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${server.address().port}/#token=${token}`, close };
}

async function answer(engine, token, request, response) {
  const url = new URL(request.url, "http://mock");
  if (!url.pathname.startsWith("/api/")) return file(url.pathname, response);
  if (request.headers.authorization !== `Bearer ${token}`) {
    return send(
      response,
      401,
      failure("RV1001", "the token is missing or wrong", "`reeve serve` prints the address with the token"),
    );
  }
  if (engine.scenario === "down")
    return send(response, 503, failure("RV5003", "the database is busy", "try again in a moment"));
  const followed = /^\/api\/executions\/([^/]+)\/events$/.exec(url.pathname)?.[1];
  if (followed !== undefined) {
    const found = engine.runbooks.find(followed);
    if (!found) return send(response, 404, noExecution(followed));
    return engine.runbooks.follow(found, Number(request.headers["last-event-id"] ?? 0), response);
  }
  const body = request.method === "POST" ? JSON.parse((await text(request)) || "{}") : {};
  try {
    const [status, answered] = route(engine, request.method, url, body);
    return send(response, status, answered);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return send(response, 409, failure("RV1009", error.message, null));
  }
}

function route(engine, method, url, body) {
  const by = (key) => url.searchParams.get(key) ?? "";
  const [, , noun, key, verb] = url.pathname.split("/");
  switch (`${method} ${noun}`) {
    case "GET overview":
      return [200, engine.overview()];
    case "GET accounts":
      return [200, { items: engine.accounts(), next: null }];
    case "GET resources":
      return [
        200,
        page(
          engine.resources.filter((each) => matches(each, by)),
          by,
        ),
      ];
    case "GET unknowns":
      return [200, { items: engine.unknowns, next: null }];
    case "GET profile":
      return [200, engine.profile];
    case "GET runs":
      return [200, engine.run];
    case "POST runs":
      return [202, engine.observe()];
    case "POST suspend":
      engine.suspend(body.reason);
      return [200, { suspended: engine.suspended }];
    case "POST resume":
      engine.resume();
      return [200, { suspended: null }];
    case "GET ledger":
      return [
        200,
        page(
          engine.ledger.filter(
            (each) => (!by("plan") || each.plan === by("plan")) && (!by("kind") || each.kind === by("kind")),
          ),
          by,
        ),
      ];
    case "POST ledger":
      return [200, verified(engine)];
    case "GET plans":
      return key === undefined ? [200, plans(engine, by)] : plan(engine, key, by, url);
    case "POST plans":
      return change(engine, key, verb, body);
    case "GET runbooks":
      return runbook(engine.runbooks, key && decodeURIComponent(key), verb);
    case "POST dry-runs":
      return [200, engine.runbooks.dryRun(body)];
    case "POST rehearsals":
      return [200, engine.runbooks.rehearse(body)];
    case "GET executions":
      return key === undefined ? [200, executions(engine.runbooks, by)] : execution(engine.runbooks, key, verb);
    case "POST executions":
      return key === undefined ? [200, standing(engine.runbooks.start(body))] : say(engine.runbooks, key, verb, body);
    default:
      return [404, failure("RV1004", `there is no \`${url.pathname}\``, null)];
  }
}

const noExecution = (id) => failure("RV1013", `there is no execution \`${id}\`, or more than one`, null);

function runbook(runbooks, name, verb) {
  if (name === undefined) return [200, { items: runbooks.list(), next: null }];
  const found = runbooks.runbook(name);
  if (!found) return [404, failure("RV1021", `there is no runbook \`${name}\``, null)];
  return [200, verb === "policy" ? POLICY : found];
}

function executions(runbooks, by) {
  const wanted = (each) => ["status", "runbook"].every((field) => !by(field) || each[field] === by(field));
  return page(runbooks.executions.filter(wanted).map(standing), by);
}

function execution(runbooks, id, verb) {
  const found = runbooks.find(id);
  if (!found) return [404, noExecution(id)];
  if (verb === "undo") return [200, runbooks.undoPlan(found)];
  return [200, verb === "runbook" ? runbooks.runbook(found.runbook.replace(/\.undo$/, "")) : runbooks.detail(found)];
}

function say(runbooks, id, word, { comment, digest, reason }) {
  const found = runbooks.find(id);
  if (!found) return [404, noExecution(id)];
  if (word === "undo") {
    if (digest !== runbooks.undoPlan(found).digest)
      throw new Conflict("what would be done is not what was shown any more");
    return [200, standing(runbooks.undo(found, reason))];
  }
  if (!found.may.includes(word)) throw new Conflict("the execution does not wait for this");
  runbooks.tell(found, word, comment);
  return [200, standing(found)];
}

function verified(engine) {
  const problem = engine.tampered
    ? { sequence: 4, message: "the entry's hash is not the hash of its content and the entry before it" }
    : null;
  return { intact: problem === null, entries: engine.ledger.length, head: engine.ledger[0]?.hash ?? null, problem };
}

function plans(engine, by) {
  return page(engine.plans.filter((each) => !by("phase") || each.phase === by("phase")).map(summary), by);
}

function plan(engine, planId, by, url) {
  const strange = [...url.searchParams.keys()].find((key) => key !== "limit" && key !== "cursor");
  if (strange) return [400, failure("RV1002", `unknown field \`${strange}\``, null)];
  const found = engine.plan(planId);
  if (!found) return [404, failure("RV1004", `there is no plan \`${planId}\``, "`reeve plan list` shows them")];
  const { items, next } = page(found.actions, by);
  return [200, { ...summary(found), digest: found.digest, items, next, history: found.history }];
}

function change(engine, planId, verb, body) {
  const found = engine.plan(planId);
  if (!found || !["approve", "refuse", "apply", "undo"].includes(verb))
    return [404, failure("RV1004", "there is no such plan", null)];
  engine[verb](found, body);
  return [200, summary(found)];
}

const matches = (resource, by) =>
  ["account", "region", "type", "verdict", "coverage"].every((field) => !by(field) || resource[field] === by(field)) &&
  (!by("text") || JSON.stringify(resource).toLowerCase().includes(by("text").toLowerCase()));

function page(all, by) {
  const from = Number(by("cursor") || 0);
  const to = from + Number(by("limit") || 100);
  return { items: all.slice(from, to), next: to < all.length ? String(to) : null };
}

const failure = (code, message, hint) => ({ error: { code, message, hint } });

async function text(request) {
  let all = "";
  for await (const part of request) all += part;
  return all;
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

async function file(path, response) {
  const wanted = normalize(join(DIST, path === "/" ? "index.html" : path));
  const content = wanted.startsWith(DIST) ? await readFile(wanted).catch(() => null) : null;
  if (content === null)
    return send(response, 404, failure("RV1004", `there is no \`${path}\``, "npm run build writes dist/"));
  response.writeHead(200, {
    "content-type": TYPES[extname(wanted)] ?? "application/octet-stream",
    "content-security-policy": CONTENT_SECURITY_POLICY,
  });
  response.end(content);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { REEVE_MOCK_PORT = "8089", REEVE_MOCK_TOKEN = "mock", REEVE_MOCK_SCENARIO = "plain" } = process.env;
  const { url } = await start({
    port: Number(REEVE_MOCK_PORT),
    token: REEVE_MOCK_TOKEN,
    scenario: REEVE_MOCK_SCENARIO,
  });
  console.log(url);
}
