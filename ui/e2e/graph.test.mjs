// Graphs on their pages: that keys and mouse reach every node, that the table says the same, that nothing is hidden from axe.

import assert from "node:assert/strict";
import { journey, open } from "./journey.mjs";

const graphOf = (page, name) => page.getByRole("application", { name });

journey("keys walk through the graph of a run and open a task", async (page) => {
  await open(page, "/runs/3");
  const graph = graphOf(page, /^Tasks of run 3/);
  await graph.focus();
  // The first step goes to the root, the next ones against the edges.
  await page.keyboard.press("ArrowLeft");
  await page.waitForURL(/picked=report\.DailyReport/);
  await page.keyboard.press("ArrowLeft");
  await page.waitForURL(/picked=report\.Reconcile/);
  await page.getByText(/^Reconcile 2026-03-02: Pending/).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
});

journey("the table of a graph has what the graph has", async (page) => {
  await open(page, "/runs/3");
  await graphOf(page, /^Tasks of run 3/).waitFor();
  await page
    .getByRole("group", { name: /^Show Tasks of run 3/ })
    .getByRole("button", { name: "Table" })
    .click();
  const table = page.getByRole("table", { name: "tasks of the graph" });
  await table.waitFor();
  assert.equal(await table.locator("tbody tr[data-index]").count(), 11);
  await table.getByRole("button", { name: /^ReadAcquirerFile .*acquirer=atlantico/ }).click();
  await page.getByRole("dialog").waitFor();
});

journey("a click selects what is under it, and the way to look can be chosen", async (page) => {
  await open(page, "/catalog/component/default/settlement");
  const graph = graphOf(page, /^Around component:default\/settlement/);
  await graph.waitFor();
  const box = await graph.boundingBox();
  // Three in a row: the one in the middle is in the middle.
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForURL(/picked=component/);
  await page.getByRole("button", { name: "What it needs" }).click();
  await page.getByRole("application", { name: /2 nodes/ }).waitFor();
});
