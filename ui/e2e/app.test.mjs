// How the app behaves: what the server says of its files, live updates, a server that goes away, the keyboard, actions.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage, pipelines, Server } from "./world.mjs";

/** What is shown has to be true within this. */
const TRUE_MS_MAX = 2_000;

let server;
let browser;
let page;

before(async () => {
  server = await Server.start();
  await server.bussola("catalog", "apply", "examples");
  for (const [module, task] of pipelines) await server.luigi(module, task);
  browser = await openBrowser();
  page = await openPage(browser, server);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

async function go(path) {
  await page.goto(path);
  await page.getByText("Live", { exact: true }).waitFor();
}

test("a run, its task's failure and a worker's loss are shown without a reload", async () => {
  await go("/runs");
  const worker = "Worker(salt=1, workers=1, host=quay, username=ana, pid=7)";
  const task = { worker, task_id: "Unload_1", family: "Unload", params: { ship: "Alva" } };
  await server.rpc("add_task", { ...task, status: "PENDING", runnable: true });
  await server.rpc("add_worker", {
    worker,
    info: [
      ["host", "quay"],
      ["username", "ana"],
      ["first_task", "Unload_1"],
    ],
  });
  await page.getByRole("link", { name: "Unload", exact: true }).waitFor({ timeout: TRUE_MS_MAX });

  await page.getByRole("link", { name: "Unload", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Unload" }).waitFor();
  await server.rpc("get_work", { worker });
  const row = page.getByRole("table", { name: "Tasks" }).getByRole("row", { name: /Unload/ });
  await row.getByText("Running").waitFor({ timeout: TRUE_MS_MAX });
  await server.rpc("add_task", { ...task, status: "FAILED", expl: JSON.stringify("the crane broke") });
  await row.getByText("Failed").waitFor({ timeout: TRUE_MS_MAX });
});

test("a manifest that is applied is shown without a reload", async () => {
  await go("/catalog?text=crane");
  await page.getByText("Nothing fits all of these filters").waitFor();
  const manifests = [
    { path: "crane/compass.yml", text: "name: crane\ntypeId: SERVICE\nconfigVersion: 1\ndescription: Lifts\n" },
  ];
  const reply = await fetch(`${server.url}/api/v1/catalog/apply`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ manifests }),
  });
  assert.equal(reply.status, 200, await reply.text());
  await page.getByRole("link", { name: "crane" }).waitFor({ timeout: TRUE_MS_MAX });
});

test("the keyboard alone goes everywhere", async () => {
  await go("/");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the page");
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await page.waitForURL("**/catalog");
  await page.getByRole("link", { name: "payments-api" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1", "the new page has the focus");
  assert.equal(await page.title(), "Catalog · Bussola");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("settl");
  await page
    .getByRole("option", { name: /^settlement/ })
    .first()
    .waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/catalog/component/default/settlement");
  await page.getByRole("heading", { name: "settlement" }).waitFor();

  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.waitForURL("**/runs");
  await page.getByRole("table", { name: "Runs" }).getByRole("row").nth(1).focus();
  await page.keyboard.press("j");
  await page.waitForFunction(() => document.activeElement.dataset.index === "1");
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.activeElement.dataset.index === "0");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/runs\/\d+$/);
});

test("filters are in the address, and a link to a task opens it", async () => {
  await go("/catalog");
  await page.getByRole("search").getByRole("button", { name: "Owner", exact: true }).click();
  await page.getByRole("button", { name: /^Payments/ }).click();
  await page.waitForURL(/owner=group%3Adefault%2Fpayments/);
  await page.getByRole("searchbox").fill("card");
  await page.waitForURL(/text=card/);
  await page.getByText("2 rows", { exact: true }).waitFor();
  await page.goBack();
  await page.getByRole("search").getByRole("button", { name: "Owner", exact: true }).waitFor();

  const { items } = await server.api("/runs/2/tasks");
  const failed = items.find((task) => task.status === "FAILED");
  await go(`/runs/2?task=${encodeURIComponent(failed.id)}`);
  await page.getByRole("dialog").getByText("Traceback").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL(/\/runs\/2$/);
});

test("what fails is on the first page with its cause, and the choice of teams is kept", async () => {
  await go("/");
  const failing = page.getByRole("table", { name: "Failing components" });
  await failing
    .getByRole("link", { name: /atlantico.csv line 4/ })
    .first()
    .waitFor();
  await page.getByRole("checkbox", { name: /^Payments/ }).check();
  await failing.getByRole("link", { name: "Daily report" }).waitFor({ state: "hidden" });
  await go("/");
  assert.ok(await page.getByRole("checkbox", { name: /^Payments/ }).isChecked());
  await failing.getByRole("link", { name: /atlantico.csv line 4/ }).click();
  await page.getByRole("heading", { level: 1, name: /^Why run \d+ is not done$/ }).waitFor();
  await go("/");
  await page.getByRole("checkbox", { name: "All" }).check();
});

test("the scheduler is paused and set going again", async () => {
  await go("/workers");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Pause the scheduler" }).click();
  await page.getByRole("button", { name: "Hand out work again" }).waitFor({ timeout: TRUE_MS_MAX });
  assert.equal((await server.api("/status")).paused, true);
  await page.getByRole("button", { name: "Hand out work again" }).click();
  await page.getByRole("button", { name: "Hand out work", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor({ timeout: TRUE_MS_MAX });
  assert.equal((await server.api("/status")).paused, false);
});

test("a resource is set, and changed", async () => {
  await go("/resources");
  await page.getByRole("button", { name: "Set a resource" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("berths/north");
  await page.getByRole("textbox", { name: "Units in all" }).fill("-1");
  await page.getByText("a number of 0 or more", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "Units in all" }).fill("3");
  await page.getByRole("button", { name: "Set the amount" }).click();
  await page.getByRole("button", { name: "Change the amount of berths/north" }).click();
  await page.getByRole("textbox", { name: "Units in all" }).fill("0");
  await page.getByText("No task that wants any of it is handed out").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("There are 0 of berths/north now").waitFor({ timeout: TRUE_MS_MAX });
  const { items } = await server.api("/resources");
  assert.equal(items.find(({ name }) => name === "berths/north").total, 0);
});

test("the ledger is followed, held still and filtered", async () => {
  await go("/ledger");
  const newest = page.getByRole("row").nth(1);
  await newest.getByText("resources.set").waitFor();
  await page.getByRole("button", { name: "Hold still" }).click();
  await server.bussola("resources", "set", "quay", "1");
  await page.getByRole("button", { name: /^Follow, \d+ new$/ }).click({ timeout: TRUE_MS_MAX });
  await newest.click();
  await page.getByRole("dialog").getByText('"quay"').first().waitFor();
  await page.keyboard.press("Escape");
  await go("/ledger?kind=resources.set");
  await page.getByText("3 rows", { exact: true }).waitFor();
  await server.bussola("resources", "set", "quay", "2");
  await page.getByText("4 rows", { exact: true }).waitFor({ timeout: TRUE_MS_MAX });
});

test("an entry is proven in the browser, and a forged one is not", async () => {
  await go("/ledger?entry=20");
  const drawer = page.getByRole("dialog");
  await drawer.getByText("The root is signed").waitFor();
  assert.equal(await drawer.getByText("Proven", { exact: true }).count(), 3);
  const forge = async (route) => {
    const reply = await route.fetch();
    const entry = await reply.json();
    await route.fulfill({ json: { ...entry, leaf: entry.leaf.replace('"principal":"local"', '"principal":"other"') } });
  };
  await page.route("**/api/v1/ledger/entries/21", forge);
  await go("/ledger?entry=21");
  await drawer.getByText("Refuted", { exact: true }).waitFor();
  await page.unroute("**/api/v1/ledger/entries/21", forge);
  // A key that the browser remembers is not given up because the server now shows another.
  const kept = await page.evaluate(() => localStorage.getItem("bussola.ledger.key"));
  await page.evaluate((key) => localStorage.setItem("bussola.ledger.key", key), kept.replace("bussola", "bussolo"));
  await go("/ledger?entry=20");
  await drawer.getByText("another key than on the first visit").waitFor();
  assert.equal(await drawer.getByText("Refuted", { exact: true }).count(), 1);
  await drawer.getByRole("button", { name: "Trust the new key from now on" }).click();
  await drawer.getByText("Refuted", { exact: true }).waitFor({ state: "hidden" });
});

test("a run is compared with the one before it", async () => {
  const [module, task] = pipelines.at(-1);
  await server.luigi(module, task);
  const { items } = await server.api(`/runs?pipeline=${task}`);
  const [later, earlier] = items.map(({ id }) => id);
  await go(`/runs/${later}`);
  await page.getByRole("link", { name: "Compare with another run" }).click();
  const facts = page.getByRole("table", { name: "The two runs" });
  await facts
    .getByRole("columnheader")
    .first()
    .getByRole("link", { name: `Run ${earlier}` })
    .waitFor();
  await facts
    .getByRole("columnheader")
    .last()
    .getByRole("link", { name: `Run ${later}` })
    .waitFor();
  await page.getByRole("button", { name: "Swap the two" }).click();
  await facts
    .getByRole("columnheader")
    .first()
    .getByRole("link", { name: `Run ${later}` })
    .waitFor();
});

test("on a narrow screen the navigation is a drawer", async () => {
  const narrow = await openPage(browser, server, { width: 390, height: 844 });
  await narrow.goto("/");
  const catalog = narrow.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Catalog" });
  await narrow.getByRole("button", { name: "Open the navigation" }).click();
  await catalog.click();
  await narrow.waitForURL("**/catalog");
  await catalog.waitFor({ state: "hidden" });
  await narrow.context().close();
});

test("nothing that a user must never see was seen", () => {
  assert.deepEqual(page.faults, []);
});
