// Steps that do nothing, by Restate: so many invocations side by side, and one alone.
//
// Usage: restate_steps.mjs INVOCATIONS STEPS FOLDER
//
// Prints one line of JSON. The server is one of our own with its usual settings, which sync every write of its log.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as restate from "@restatedev/restate-sdk";

// The SDK uses what Node 20 does not have yet.
Promise.withResolvers ??= function withResolvers() {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
};

const ALONE = 200;
const [INGRESS, ADMIN, NODE, SERVICE] = [45981, 45982, 45983, 45984];
const [invocations, steps, folder] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];

const work = restate.service({
  name: "work",
  handlers: {
    run: async (context, count) => {
      for (let number = 0; number < count; number++) {
        await context.run("nothing", () => number);
      }
      return count;
    },
  },
});

async function until(what) {
  for (let turn = 0; turn < 600; turn++) {
    try {
      if (await what()) return;
    } catch {
      // It is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the server did not start");
}

const binary = createRequire(import.meta.url).resolve("@restatedev/restate-server/package.json").replace(
  "restate-server/package.json",
  "restate-server-linux-x64/bin/restate-server",
);
const server = spawn(binary, [], {
  env: {
    ...process.env,
    RESTATE_BASE_DIR: join(folder, "restate"),
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${INGRESS}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${ADMIN}`,
    RESTATE_BIND_ADDRESS: `127.0.0.1:${NODE}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${NODE}`,
    RESTATE_DISABLE_TELEMETRY: "true",
    RUST_LOG: "error",
  },
  stdio: "ignore",
});

async function invoke(count) {
  const answer = await fetch(`http://127.0.0.1:${INGRESS}/work/run`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(count),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}

async function rate(count, each) {
  const begun = performance.now();
  await Promise.all(Array.from({ length: count }, () => invoke(each)));
  return (count * each) / ((performance.now() - begun) / 1000);
}

try {
  await restate.serve({ services: [work], port: SERVICE });
  await until(async () => (await fetch(`http://127.0.0.1:${ADMIN}/health`)).ok);
  await until(async () => {
    const registered = await fetch(`http://127.0.0.1:${ADMIN}/deployments`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ uri: `http://127.0.0.1:${SERVICE}` }),
    });
    return registered.ok;
  });
  await until(async () => (await invoke(1), true));
  const many = await rate(invocations, steps);
  const alone = await rate(1, ALONE);
  console.log(JSON.stringify({ many, alone, syncs: null }));
  process.exitCode = 0;
} finally {
  server.kill("SIGKILL");
  process.exit();
}
