/**
 * Walks the console as a person would: a waiting plan, approved, applied, verified, undone; a runbook, looked at, run,
 * approved, followed to its end and taken back; and the ledger intact.
 *
 *     REEVE_URL='http://127.0.0.1:8080/#token=…' npm run e2e     against a running server (`reeve demo`)
 *     npm run e2e                                               against the mock
 *
 * CHROMIUM names the browser; REEVE_PATIENCE is how many seconds one wait may take (90); REEVE_SHOTS is the folder for
 * the screenshot of a failure. Without a browser it says so, runs nothing and exits 0 (with REEVE_E2E_REQUIRED=1: 1).
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { start } from "../mock/server.mjs";
import { findBrowser, launch, openPage } from "./browser.mjs";

const PATIENCE = Number(process.env.REEVE_PATIENCE ?? 90) * 1000;

const see = (testid, more = "") => `[data-testid="${testid}"]${more}`;
const phase = (name) => see("plan-phase", `[data-phase="${name}"]`);

const execution = (status) => see("execution-status", `[data-status="${status}"]`);
const RUNBOOK = "Harbour-ProtectBucket";

/** Chooses what is called `name`, or the first there is. */
async function choose(page, testid, name) {
  await page.locator(`${see(testid)} button`).click();
  const options = page.getByRole("option");
  await options.first().waitFor({ timeout: PATIENCE });
  const named = options.filter({ hasText: name });
  await ((await named.count()) > 0 ? named : options).first().click();
}

/** Each step is one sentence that must come true; what it returns is said beside it. */
const STEPS = [
  [
    "the token leaves the address bar",
    async (page) => {
      await page.waitForSelector(see("page"), { timeout: PATIENCE });
      assert.ok(!page.url().includes("token"), page.url());
    },
  ],
  [
    "the overview names a plan that waits",
    async (page) => {
      const waiting = see("need", '[data-kind="plan_waiting"]');
      const never = see("need", '[data-kind="never_observed"]');
      await page.waitForSelector(`${waiting}, ${never}`, { timeout: PATIENCE });
      if ((await page.locator(waiting).count()) === 0) await page.locator(see("observe")).first().click();
      await page.waitForSelector(waiting, { timeout: PATIENCE });
      return (await page.locator(waiting).first().innerText()).split("\n")[0];
    },
  ],
  [
    "the overview shows coverage by type",
    async (page) => {
      await page.waitForSelector(see("coverage"));
      const bars = page.locator(".coverage-bar");
      assert.ok((await bars.count()) > 1, "no coverage bars");
      return bars.first().getAttribute("aria-label");
    },
  ],
  [
    "the plan opens with its actions and their reasons",
    async (page) => {
      await page
        .locator(`${see("need", '[data-kind="plan_waiting"]')} ${see("need-action")}`)
        .first()
        .click();
      await page.waitForSelector(phase("proposed"), { timeout: PATIENCE });
      const reasons = page.locator(`${see("plan-actions")} .reason`);
      await reasons.first().waitFor({ timeout: PATIENCE });
      return `${await reasons.count()} changes on the first page`;
    },
  ],
  [
    "approving shows what will be applied, and under which digest",
    async (page) => {
      await page.locator(see("plan-approve")).click();
      await page.waitForSelector(see("modal-summary"));
      const digest = await page.locator(see("modal-digest")).getAttribute("title");
      assert.match(digest ?? "", /^(sha256:)?[0-9a-f]{64}$/);
      await page.locator(`${see("approve-comment")} textarea`).fill("seen and agreed in the end-to-end test");
      return page.locator(see("approve-confirm")).innerText();
    },
  ],
  [
    "it is applied and read back",
    async (page) => {
      await page.locator(see("approve-confirm")).click();
      await page.waitForSelector(phase("applied"), { timeout: PATIENCE });
      const progress = page.locator(see("plan-progress"));
      assert.ok(Number(await progress.getAttribute("data-verified")) > 0, "nothing was verified");
      return progress.getAttribute("data-apply");
    },
  ],
  [
    "it is undone",
    async (page) => {
      await page.locator(see("plan-undo")).click();
      await page.locator(`${see("undo-comment")} textarea`).fill("taken back in the end-to-end test");
      await page.locator(see("undo-confirm")).click();
      await page.waitForSelector(phase("undone"), { timeout: PATIENCE });
      const progress = page.locator(see("plan-progress"));
      assert.ok(Number(await progress.getAttribute("data-undone")) > 0, "nothing was undone");
      return progress.getAttribute("data-undo");
    },
  ],
  [
    "the plan's history tells of it",
    async (page) => {
      const text = (await page.locator(see("plan-history")).innerText()).toLowerCase();
      for (const event of ["proposed", "approved", "apply", "undo"])
        assert.ok(text.includes(event), `no \`${event}\` in: ${text}`);
    },
  ],
  [
    "a runbook is found, and shows its steps and what it may do",
    async (page) => {
      await page.getByRole("navigation").getByRole("link", { name: "Runbooks" }).first().click();
      await page.locator(`${see("filter-text")} input`).fill("strangers");
      await page.locator(see("runbook-link"), { hasText: RUNBOOK }).click();
      await page.waitForSelector(see("step-flow"), { timeout: PATIENCE });
      await page.getByRole("tab", { name: "Permissions" }).click();
      await page.getByText("s3:PutBucketVersioning").first().waitFor({ timeout: PATIENCE });
      await page.getByRole("tab", { name: /steps$/ }).click();
      return `${await page.locator(`${see("step-flow")} li`).count()} steps`;
    },
  ],
  [
    "what it would do is shown before it is run",
    async (page) => {
      await page.locator(see("dry-run")).click();
      await page.getByText("Choose an account.").first().waitFor({ timeout: PATIENCE });
      await choose(page, "run-account", "development");
      await choose(page, "run-region", "eu-west-1");
      await page.locator(`${see("parameter-BucketName")} input`).fill("harbour-scratch-3");
      await page.locator(`${see("run-reason")} input`).fill("an end-to-end test");
      await page.locator(see("dry-run")).click();
      const result = page.locator(see("dry-run-result"));
      await result.waitFor({ timeout: PATIENCE });
      assert.equal(await result.getAttribute("data-changes"), "2");
      return result.locator("li code").allInnerTexts();
    },
  ],
  [
    "it runs, and waits for somebody",
    async (page) => {
      await page.locator(see("run")).click();
      await page.waitForSelector(execution("Waiting"), { timeout: PATIENCE });
      const wait = page.locator(see("execution-wait"));
      assert.match(await wait.innerText(), /harbour-scratch-3/);
      return (await wait.innerText()).split("\n")[1];
    },
  ],
  [
    "once approved it is followed to its end, without a reload",
    async (page) => {
      await page.locator(see("execution-approve")).first().click();
      await page.locator(`${see("execution-approve-comment")} textarea`).fill("agreed in the end-to-end test");
      await page.locator(see("execution-approve-confirm")).click();
      await page.waitForSelector(execution("Success"), { timeout: PATIENCE });
      for (const step of ["ask", "block", "version", "verify"])
        await page.waitForSelector(`${see("timeline")} [data-step="${step}"][data-status="Success"]`);
      assert.match(await page.locator(see("journal")).innerText(), /agreed in the end-to-end test/);
      await page.locator(`${see("timeline")} [data-step="block"] ${see("step-open")}`).click();
      await page.locator(see("panel")).getByText("harbour-scratch-3").first().waitFor({ timeout: PATIENCE });
      return (await page.locator(`${see("timeline")} li`).allInnerTexts()).map((text) => text.split("\n")[0]);
    },
  ],
  [
    "it is taken back, once it was shown how",
    async (page) => {
      await page.locator(see("execution-undo")).click();
      await page.locator(see("undo-steps")).waitFor({ timeout: PATIENCE });
      const calls = await page.locator(`${see("undo-steps")} li > code`).allInnerTexts();
      assert.ok(calls.length > 0, "nothing would be taken back");
      await page.locator(`${see("execution-undo-comment")} textarea`).fill("taken back in the end-to-end test");
      await page.locator(see("execution-undo-confirm")).click();
      await page.waitForSelector(see("execution-undoes"), { timeout: PATIENCE });
      await page.waitForSelector(execution("Success"), { timeout: PATIENCE });
      await page.locator(`${see("execution-undoes")} a`).click();
      const undo = page.locator(see("execution-undone-by"));
      await undo.waitFor({ timeout: PATIENCE });
      assert.match(await undo.innerText(), /taken back by/);
      assert.equal(await page.locator(see("execution-undo")).count(), 0);
      return calls;
    },
  ],
  [
    "the executions are listed, and filtered by how they are",
    async (page) => {
      await page.goto(`${page.url().split("#")[0]}#/executions?status=Success&runbook=${RUNBOOK}`);
      await page.waitForSelector(see("execution-link"), { timeout: PATIENCE });
      const statuses = page.locator(`${see("executions")} [data-status]`);
      for (const status of await statuses.all()) assert.equal(await status.getAttribute("data-status"), "Success");
      return `${await statuses.count()} succeeded`;
    },
  ],
  [
    "the ledger is intact",
    async (page) => {
      await page.getByRole("link", { name: "Ledger", exact: true }).click();
      await page.locator(see("ledger-verify")).click();
      const result = page.locator(see("ledger-result"));
      await result.waitFor({ timeout: PATIENCE });
      const text = (await result.innerText()).split("\n")[0];
      assert.equal(await result.getAttribute("data-intact"), "true", text);
      return text;
    },
  ],
  [
    "every other page loads",
    async (page) => {
      for (const [name, testid] of [
        ["Resources", "resources"],
        ["Accounts", "accounts"],
        ["Profile", "effective"],
        ["Plans", "plans"],
        ["Runbooks", "runbooks"],
        ["Executions", "executions"],
      ]) {
        await page.getByRole("navigation").getByRole("link", { name }).first().click();
        await page.waitForSelector(`${see(testid)} td`, { timeout: PATIENCE });
      }
      assert.equal(await page.locator(see("problem")).count(), 0, "a page shows an error");
    },
  ],
];

async function walk(page, complaints) {
  let passed = 0;
  for (const [name, step] of STEPS) {
    try {
      const said = await step(page);
      passed += 1;
      console.log(`ok   ${name}${said ? ` (${[said].flat().join(", ")})` : ""}`);
    } catch (error) {
      const folder = process.env.REEVE_SHOTS ?? join(tmpdir(), "reeve-shots");
      mkdirSync(folder, { recursive: true });
      const shot = join(folder, "e2e-failure.png");
      await page.screenshot({ path: shot }).catch(() => {});
      console.log(
        `FAIL ${name}\n     ${error.message.split("\n").slice(0, 6).join("\n     ")}\n     screenshot: ${shot}`,
      );
      return { passed, failed: 1 };
    }
  }
  if (complaints.length === 0) return { passed, failed: 0 };
  console.log(`FAIL the browser has nothing to complain about\n     ${complaints.join("\n     ")}`);
  return { passed, failed: 1 };
}

const executable = findBrowser();
if (executable === null) {
  console.log("skipped: no browser. Install Debian's `chromium`, or name one in CHROMIUM.");
  process.exit(process.env.REEVE_E2E_REQUIRED === "1" ? 1 : 0);
}
const mock = process.env.REEVE_URL ? null : await start();
const url = process.env.REEVE_URL ?? mock.url;
console.log(`walking ${url.replace(/token=.*/, "token=…")}${mock ? " (the mock)" : ""}`);
const browser = await launch(executable);
const { page, complaints } = await openPage(browser, url);
const { passed, failed } = await walk(page, complaints);
await browser.close();
await mock?.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
