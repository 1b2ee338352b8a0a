/**
 * Screenshots of every page against the mock, for looking at: `npm run shots -- /some/folder`.
 */

import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { start } from "../mock/server.mjs";
import { findBrowser, launch, openPage } from "./browser.mjs";

const folder = process.argv[2] ?? join(tmpdir(), "reeve-shots");
const only = process.argv[3];
const see = (testid) => `[data-testid="${testid}"]`;

/** Name, scenario, route, what to do first, browser options. */
const SHOTS = [
  ["overview", "plain", "/"],
  ["overview-dark", "plain", "/", undefined, { colorScheme: "dark" }],
  ["overview-empty", "empty", "/"],
  [
    "overview-running",
    "empty",
    "/",
    async (page) => {
      await page.click(see("observe"));
      await page.waitForSelector(see("run-progress"));
      await page.waitForTimeout(1200);
    },
  ],
  ["overview-down", "down", "/"],
  ["overview-suspended", "suspended", "/"],
  [
    "suspend",
    "plain",
    "/",
    async (page) => {
      await page.getByRole("button", { name: /^Suspend/ }).click();
      await page.click(see("suspend-confirm"));
    },
  ],
  ["accounts", "plain", "/accounts"],
  ["resources", "plain", "/resources"],
  [
    "resources-panel",
    "plain",
    "/resources?verdict=fail&type=AWS%3A%3AEC2%3A%3AInstance",
    async (page) => page.locator(see("resource-open")).nth(2).click(),
  ],
  ["resources-none", "plain", "/resources?text=nothing-is-called-this"],
  ["plans", "plain", "/plans"],
  ["plan", "plain", "/plans?phase=proposed", openFirstPlan],
  ["plan-dark", "plain", "/plans?phase=proposed", openFirstPlan, { colorScheme: "dark" }],
  [
    "plan-approve",
    "plain",
    "/plans?phase=proposed",
    async (page) => {
      await openFirstPlan(page);
      await page.click(see("plan-approve"));
      await page.waitForTimeout(400);
    },
  ],
  [
    "plan-approve-suspended",
    "suspended",
    "/plans?phase=proposed",
    async (page) => {
      await openFirstPlan(page);
      await page.click(see("plan-approve"));
      await page.waitForTimeout(400);
    },
  ],
  [
    "plan-applying",
    "trouble",
    "/plans?phase=proposed",
    async (page) => {
      await approve(page);
      await page.waitForTimeout(1500);
    },
  ],
  [
    "plan-trouble",
    "trouble",
    "/plans?phase=proposed",
    async (page) => {
      await approve(page);
      await page.waitForSelector(see("plan-trouble"), { timeout: 20_000 });
    },
  ],
  [
    "plan-undo",
    "plain",
    "/plans?phase=applied",
    async (page) => {
      await openFirstPlan(page);
      await page.click(see("plan-undo"));
      await page.waitForTimeout(400);
    },
  ],
  ["plan-undone", "plain", "/plans?phase=undone", openFirstPlan],
  ["plan-large", "large", "/plans?phase=proposed", openFirstPlan],
  ["plan-missing", "plain", "/plans/plan_nothing"],
  ["runbooks", "plain", "/runbooks"],
  ["runbook", "plain", "/runbooks/Harbour-ProtectBucket"],
  ["runbook-dark", "plain", "/runbooks/Harbour-ProtectBucket", undefined, { colorScheme: "dark" }],
  ["runbook-without-undo", "plain", "/runbooks/Reeve-DeleteUnattachedVolume"],
  ["runbook-wrong", "plain", "/runbooks/Harbour-Draft"],
  [
    "runbook-dry-run",
    "plain",
    "/runbooks/Harbour-ProtectBucket",
    async (page) => {
      for (const testid of ["run-account", "run-region"]) {
        await page.locator(`${see(testid)} button`).click();
        await page.getByRole("option").first().click();
      }
      await page.locator(`${see("parameter-BucketName")} input`).fill("shop-invoices");
      await page.click(see("dry-run"));
      await page.waitForSelector(see("dry-run-result"));
    },
  ],
  [
    "runbook-policy",
    "plain",
    "/runbooks/Harbour-ProtectBucket",
    async (page) => page.getByRole("tab", { name: "Permissions" }).click(),
  ],
  ["runbook-missing", "plain", "/runbooks/Nothing"],
  ["executions", "plain", "/executions"],
  ["executions-none", "empty", "/executions"],
  ["execution-waiting", "plain", "/executions?status=Waiting", openFirstExecution],
  ["execution-waiting-dark", "plain", "/executions?status=Waiting", openFirstExecution, { colorScheme: "dark" }],
  ["execution-failed", "plain", "/executions?status=Failed", openFirstExecution],
  [
    "execution-done",
    "plain",
    "/executions?status=Success",
    async (page) => {
      await openFirstExecution(page);
      await page.locator(see("step-open")).nth(1).click();
      await page.waitForTimeout(400);
    },
  ],
  [
    "execution-going",
    "plain",
    "/executions?status=Waiting",
    async (page) => {
      await openFirstExecution(page);
      await page.locator(see("execution-approve")).first().click();
      await page.click(see("execution-approve-confirm"));
    },
  ],
  ["execution-missing", "plain", "/executions/exec_nothing"],
  [
    "narrow-execution",
    "plain",
    "/executions?status=Success",
    openFirstExecution,
    { viewport: { width: 700, height: 900 } },
  ],
  [
    "ledger",
    "plain",
    "/ledger",
    async (page) => {
      await page.click(see("ledger-verify"));
      await page.waitForSelector(see("ledger-result"));
    },
  ],
  [
    "ledger-tampered",
    "tampered",
    "/ledger",
    async (page) => {
      await page.click(see("ledger-verify"));
      await page.waitForSelector(see("ledger-result"));
      await page.locator(see("ledger-open")).first().click();
    },
  ],
  ["profile", "plain", "/profile"],
  ["profile-document", "plain", "/profile", async (page) => page.getByRole("tab", { name: "Customization" }).click()],
  ["unauthorized", "plain", null],
  ["narrow", "plain", "/", undefined, { viewport: { width: 700, height: 900 } }],
  ["narrow-resources", "plain", "/resources", undefined, { viewport: { width: 700, height: 900 } }],
];

async function openFirstPlan(page) {
  await page.locator(see("plan-link")).first().click();
  await page.waitForSelector(see("plan-actions"));
  await page.waitForTimeout(300);
}

async function openFirstExecution(page) {
  await page.locator(see("execution-link")).first().click();
  await page.waitForSelector(see("timeline"));
  await page.waitForTimeout(300);
}

async function approve(page) {
  await openFirstPlan(page);
  await page.click(see("plan-approve"));
  await page.click(see("approve-confirm"));
}

const executable = findBrowser();
if (executable === null) {
  console.log("no browser: install Debian's chromium, or name one in CHROMIUM");
  process.exit(0);
}
mkdirSync(folder, { recursive: true });
const browser = await launch(executable);
for (const [name, scenario, route, prepare, options] of SHOTS) {
  if (only && !name.includes(only)) continue;
  const mock = await start({ scenario });
  const base = mock.url.split("#")[0];
  const url = route === null ? base : `${base}#${route}${route.includes("?") ? "&" : "?"}token=mock`;
  const { page, complaints, context } = await openPage(browser, url, options);
  await page.waitForTimeout(900);
  await prepare?.(page);
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  if (height > 1000) await page.screenshot({ path: join(folder, `${name}-full.png`), fullPage: true });
  console.log(`${name}: ${height} px${complaints.map((text) => `\n    ${text}`).join("")}`);
  await context.close();
  await mock.close();
}
await browser.close();
