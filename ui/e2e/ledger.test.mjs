// What happened: found by what it is about, what it is, and when; told in sentences.

import assert from "node:assert/strict";
import { journey, open, shownSince, world } from "./journey.mjs";

const table = (page) => page.getByRole("table", { name: "Ledger" });
const rows = (page) => table(page).locator("tbody tr[data-index]");

journey("entries are found by what they are about, written as one calls it", async (page) => {
  await open(page, "/ledger");
  await rows(page).first().waitFor();
  await page.getByRole("searchbox").fill("settlement");
  await page.getByText("What is about component:default/settlement, which is what fits best.").waitFor();
  await table(page)
    .getByText(/settlement/)
    .first()
    .waitFor();
  const kinds = await rows(page).locator("td:nth-child(4)").allInnerTexts();
  assert.ok(kinds.length > 0 && kinds.every((kind) => /^(entity|pipeline|manifest)\./.test(kind)), kinds.join());
  // As the ledger itself calls it.
  await page.getByRole("searchbox").fill("run:3");
  await page.getByText("What is about run:3.").waitFor();
  await rows(page).first().getByText("run.ended").waitFor();
});

journey("entries are narrowed by kind and by time, and the address keeps it", async (page) => {
  await open(page, "/ledger");
  await page.getByRole("search").getByRole("button", { name: "Kind" }).click();
  await page.getByRole("button", { name: "Runs", exact: true }).click();
  await page.waitForURL(/kind=run\./);
  await page.getByText("6 rows", { exact: true }).waitFor();
  await page.getByRole("search").getByRole("button", { name: "Since" }).click();
  await page.getByRole("button", { name: "the last hour" }).click();
  await page.waitForURL(/since=1h/);
  await page.getByText("6 rows", { exact: true }).waitFor();
  await page.goto("/ledger?kind=run.&until=2020-01-01");
  await page.getByText("No entry fits all of these filters").waitFor();
});

journey("every entry says in a sentence what happened", async (page) => {
  await open(page, "/ledger");
  await rows(page).first().waitFor();
  const sentences = await rows(page).locator("td:nth-child(3)").allInnerTexts();
  assert.ok(sentences.length > 10);
  assert.deepEqual(
    sentences.filter((text) => text.trim().split(" ").length < 3),
    [],
  );
});

journey("what is new comes on top, but not while one reads further down", async (page) => {
  await open(page, "/ledger");
  await rows(page).first().waitFor();
  await world.server.bussola("resources", "set", "berth", "3");
  await shownSince(performance.now(), "the entry", rows(page).first().getByText("resources.set"));
  await rows(page).first().focus();
  await page.keyboard.press("End");
  await page.getByRole("button", { name: /^Follow/ }).waitFor();
  await world.server.bussola("resources", "set", "berth", "4");
  await page.getByRole("button", { name: "Follow, 1 new" }).click();
  await page.keyboard.press("Home");
});

journey("the history of a component is on its page", async (page) => {
  await open(page, "/catalog/component/default/settlement");
  const history = page.getByRole("region", { name: "History" });
  await history
    .getByText(/settlement/)
    .first()
    .waitFor();
  await history.getByRole("link", { name: "in the ledger" }).click();
  await page.waitForURL(/\/ledger\?text=component/);
  await rows(page).first().waitFor();
});

journey("the palette finds tasks, runs, pipelines and teams", async (page) => {
  await open(page, "/");
  const field = page.getByRole("combobox", { name: "Go to anything" });
  for (const [written, group, option] of [
    ["ReadAcquirerFile", "Tasks", /ReadAcquirerFile/],
    ["3", "Runs", /#3/],
    ["report.daily", "Pipelines", /report\.DailyReport/],
    ["payments", "Teams", /^Payments/],
  ]) {
    await page.keyboard.press("Control+k");
    await field.fill(written);
    await page.getByText(group, { exact: true }).last().waitFor();
    await page.getByRole("option", { name: option }).first().waitFor();
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "hidden" });
  }
});

journey("who goes before the palette has answered goes where the answer leads", async (page) => {
  await open(page, "/");
  const field = page.getByRole("combobox", { name: "Go to anything" });
  await page.keyboard.press("Control+k");
  await field.fill("payments");
  await page
    .getByRole("option", { name: /^Payments/ })
    .first()
    .waitFor();
  await page.route("**/api/v1/search?*", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  });
  await field.fill("group:default/logistics");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/teams\/.*logistics/);
  await page.unroute("**/api/v1/search?*");
});
