/**
 * A headless browser for the end-to-end tests: Debian's Chromium, or the one that `CHROMIUM` names.
 */

import { accessSync, constants } from "node:fs";
import { chromium } from "playwright-core";

const { CHROMIUM } = process.env;
const PLACES = CHROMIUM ? [CHROMIUM] : ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser's path, or null when there is none. */
export function findBrowser() {
  for (const path of PLACES) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here: look at the next place.
    }
  }
  return null;
}

/** Starts the browser so that it talks to nobody but the server under test. */
export function launch(executablePath) {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/**
 * Opens a page that remembers everything a person would call broken: errors in the console, breaches of the
 * Content-Security-Policy, and requests to anywhere but the server.
 */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  const { origin } = new URL(url);
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const target = request.url();
    if (!target.startsWith(origin) && !target.startsWith("data:") && !target.startsWith("blob:"))
      complaints.push(`request to ${target}`);
  });
  await page.goto(url);
  return { page, complaints, context };
}
