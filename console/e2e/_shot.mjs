import { findBrowser, launch, openPage } from "./browser.mjs";
const [,, base, token, ...routes] = process.argv;
const browser = await launch(findBrowser());
for (const spec of routes) {
  const [route, name, click] = spec.split("|");
  const { page, complaints, context } = await openPage(browser, `${base}/#${route}${route.includes("?") ? "&" : "?"}token=${token}`, name.includes("dark") ? { colorScheme: "dark" } : {});
  await page.waitForTimeout(2500);
  if (click) { await page.locator(click).first().click(); await page.waitForTimeout(1500); }
  await page.screenshot({ path: `/tmp/cdemo/${name}.png`, fullPage: true });
  console.log(name, complaints);
  await context.close();
}
await browser.close();
