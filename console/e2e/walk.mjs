/**
 * Walks the console as a person would: a waiting plan, approved, applied, verified, undone, and the ledger intact.
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
      console.log(`ok   ${name}${said ? ` (${said})` : ""}`);
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
