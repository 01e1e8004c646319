// Every page: that it shows what it is for, that axe-core finds nothing, and how it looks.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { HeldRun } from "./held.mjs";
import { world } from "./journey.mjs";
import { openPage, SCREENSHOTS } from "./world.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Each page with something that has to be on it before it is looked at. */
const pages = [
  ["home", "/", (page) => page.getByRole("link", { name: /atlantico.csv line 4/ }).first()],
  ["catalog", "/catalog", (page) => page.getByRole("link", { name: "payments-api" }).first()],
  [
    "catalog-filtered",
    "/catalog?owner=group%3Adefault%2Fpayments",
    (page) => page.getByRole("link", { name: "settlement" }).first(),
  ],
  ["catalog-nothing", "/catalog?text=no-such-thing", (page) => page.getByText("Nothing fits all of these filters")],
  ["component", "/catalog/component/default/settlement", (page) => page.getByRole("table", { name: "Blast radius" })],
  [
    "component-service",
    "/catalog/component/default/payments-api",
    (page) => page.getByRole("region", { name: /^Manifest .*yml/ }),
  ],
  ["component-missing", "/catalog/component/default/nothing", (page) => page.getByRole("alert")],
  ["teams", "/teams", (page) => page.getByRole("link", { name: "Payments" }).first()],
  [
    "team",
    "/teams/group%3Adefault%2Fpayments",
    (page) => page.getByRole("table", { name: "What the team answers for" }),
  ],
  ["pipelines", "/pipelines", (page) => page.getByRole("link", { name: "report.DailyReport" }).first()],
  ["runs", "/runs", (page) => page.getByRole("link", { name: "settlement.SettlementExtract" }).first()],
  ["run", "/runs/3", (page) => page.getByText("atlantico.csv line 4").first()],
  ["run-done", "/runs/1", (page) => page.getByRole("table", { name: "Tasks" })],
  ["explain", "/runs/3/explain", (page) => page.getByText("atlantico.csv line 4").first()],
  ["explain-done", "/runs/1/explain", (page) => page.getByText("Nothing stands in the way")],
  ["explain-missing", "/runs/999/explain", (page) => page.getByRole("alert")],
  ["compare", "/runs/compare?one=2&other=3", (page) => page.getByRole("table", { name: "Differences" })],
  ["workers", "/workers", (page) => page.getByRole("table", { name: "Workers" })],
  ["resources", "/resources", (page) => page.getByText("No resource is known")],
  ["ledger", "/ledger", (page) => page.getByRole("table", { name: "Ledger" })],
  ["ledger-nothing", "/ledger?text=no-such-thing", (page) => page.getByText("Nothing is called “no-such-thing”")],
  ["ledger-entry", "/ledger?entry=20", (page) => page.getByRole("dialog").getByText("The root is signed")],
  ["access", "/access", (page) => page.getByText("Nobody signs in here")],
  ["not-found", "/no/such/page", (page) => page.getByText("Nothing is here")],
];

async function check(page, name) {
  // Not through the page's own scripts: its policy allows none but the server's.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(" | ")}`,
  );
  assert.deepEqual(found, [], `axe-core on ${name}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} is ${wide} px wider than the window`);
  // A missing entity is asked for and answered 404, which Chromium notes.
  const faults = page.faults.filter((fault) => !(name.endsWith("-missing") && fault.includes("404")));
  assert.deepEqual(faults, [], `faults on ${name}`);
}

for (const scheme of ["light", "dark"]) {
  for (const width of [1440, 390]) {
    test(`pages, ${scheme}, ${width} px`, async (t) => {
      const page = await openPage(world.browser, world.server, { width, height: width === 390 ? 844 : 900, scheme });
      for (const [name, path, there] of pages) {
        await t.test(name, async () => {
          page.faults.length = 0;
          await page.goto(path);
          await there(page).waitFor();
          await page.getByText("Live", { exact: true }).waitFor();
          await page.screenshot({ path: join(SCREENSHOTS, `${name}-${scheme}-${width}.png`), fullPage: true });
          await check(page, name);
        });
      }
      const opened = [
        [
          "task-drawer",
          "/runs/2",
          () => page.getByRole("row", { name: /ReadAcquirerFile Failed/ }).click(),
          () => page.getByRole("dialog").getByText("Runtime error"),
        ],
        [
          "palette",
          "/",
          () => page.keyboard.press("Control+k").then(() => page.keyboard.type("pay")),
          () => page.getByRole("option", { name: /payments-api/ }),
        ],
        ["help", "/", () => page.keyboard.press("?"), () => page.getByRole("dialog", { name: "Keyboard shortcuts" })],
        [
          "facet",
          "/catalog",
          () => page.getByRole("search").getByRole("button", { name: "Owner", exact: true }).click(),
          () => page.getByRole("button", { name: "Logistics 6" }),
        ],
      ];
      for (const [name, path, open, there] of opened) {
        await t.test(name, async () => {
          page.faults.length = 0;
          await page.goto(path);
          await page.getByText("Live", { exact: true }).waitFor();
          await page.getByRole("table").first().waitFor();
          await open();
          await there().waitFor();
          // Until what opens has opened: a colour on its way is none that axe-core could judge.
          await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
          await page.screenshot({ path: join(SCREENSHOTS, `${name}-${scheme}-${width}.png`) });
          await check(page, name);
        });
      }
      await page.context().close();
    });
  }
}

// Last, for it leaves a pipeline of its own behind.
test("pages of what goes on", async (t) => {
  const run = await HeldRun.start(world.server, "pictured");
  try {
    await run.tell(run.first, "42 of 100 crates");
    const { items } = await world.server.api(`/runs/${run.id}/tasks`);
    const { id } = items.find((task) => task.family === "held.First");
    const row = new RegExp(`\\bRun ${run.id}\\b`);
    for (const scheme of ["light", "dark"]) {
      for (const width of [1440, 390]) {
        const page = await openPage(world.browser, world.server, { width, height: 900, scheme });
        const shown = [
          ["run-live", `/runs/${run.id}`, () => page.getByText("42 %").first()],
          [
            "task-live",
            `/runs/${run.id}?task=${encodeURIComponent(id)}`,
            () => page.getByRole("dialog").getByRole("img", { name: "42 % done" }),
          ],
          ["workers-live", "/workers", () => page.getByRole("row", { name: row }).getByText("At work")],
        ];
        for (const [name, path, there] of shown) {
          await t.test(`${name}, ${scheme}, ${width} px`, async () => {
            page.faults.length = 0;
            await page.goto(path);
            await there().waitFor();
            await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
            await page.screenshot({ path: join(SCREENSHOTS, `${name}-${scheme}-${width}.png`) });
            await check(page, name);
          });
        }
        await t.test(`worker-drawer, ${scheme}, ${width} px`, async () => {
          await page.getByRole("row", { name: row }).getByText("At work").click();
          await page.getByRole("dialog").getByRole("button", { name: "Disable" }).waitFor();
          await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
          await page.screenshot({ path: join(SCREENSHOTS, `worker-drawer-${scheme}-${width}.png`) });
          await check(page, "worker-drawer");
        });
        await page.context().close();
      }
    }
  } finally {
    await run.close();
  }
});
