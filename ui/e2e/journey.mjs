// Tests on a server with the examples' company, whose pipelines have run. Each has a page of its own, on which nothing may go
// wrong that a user does not see.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, openPage, pipelines, SCREENSHOTS, Server } from "./world.mjs";

/** What is shown has to be true after this time. */
export const TRUE_MS_MAX = 2_000;

/** What the tests of one file share; filled before the first of them. */
export const world = { server: undefined, browser: undefined };

before(async () => {
  world.server = await Server.start();
  await world.server.bussola("catalog", "apply", "examples");
  for (const [module, task] of pipelines) await world.server.luigi(module, task);
  world.browser = await openBrowser();
});

after(async () => {
  await world.browser?.close();
  await world.server?.close();
});

/** A test. When it fails, `target/screenshots/failed-….png` shows what there was. */
export function journey(name, body, options = {}) {
  test(name, async (t) => {
    const page = await openPage(world.browser, world.server, options);
    try {
      await body(page, t);
      assert.deepEqual(page.faults, [], "faults of the page");
    } catch (error) {
      const file = `failed-${name.replaceAll(/\W+/g, "-")}.png`;
      await page.screenshot({ path: join(SCREENSHOTS, file) }).catch(() => {});
      throw error;
    } finally {
      await page.context().close();
    }
  });
}

export async function open(page, path) {
  await page.goto(path);
  await isLive(page);
}

export const isLive = (page) => page.getByText("Live", { exact: true }).waitFor();
export const heading = (page) => page.getByRole("heading", { level: 1 });
export const goes = (page, path) => page.waitForURL((url) => url.pathname + url.search === path);

/** Waits until something is shown, and fails when that was too long after `since`. */
export async function shownSince(since, what, locator) {
  await locator.waitFor({ timeout: TRUE_MS_MAX * 2 }).catch(() => {});
  const took = performance.now() - since;
  assert.ok(await locator.isVisible(), `${what}: not shown`);
  assert.ok(took < TRUE_MS_MAX, `${what}: shown after ${took.toFixed(0)} ms`);
}
