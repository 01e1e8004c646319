// How the app behaves: what the server says of its files, live updates, a server that goes away, the keyboard, actions.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { openBrowser, openPage, pipelines, Server } from "./world.mjs";

/** What is shown has to be true within this. */
const TRUE_MS_MAX = 2_000;
/** After an outage the app may take its time to try again. */
const HEALED_MS_MAX = 15_000;

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

test("files are kept for ever, the page is asked for each time, and what is missing is missing", async () => {
  const navigation = { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" }, redirect: "manual" };
  const index = await fetch(`${server.url}/`, navigation);
  assert.equal(index.status, 200);
  assert.equal(index.headers.get("cache-control"), "no-cache");
  const policy = index.headers.get("content-security-policy");
  assert.match(policy, /default-src 'self'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  const [, script] = /src="(\/assets\/[^"]+\.js)"/.exec(await index.text());
  const asset = await fetch(server.url + script);
  assert.match(asset.headers.get("cache-control"), /immutable/);
  assert.equal(asset.headers.get("x-content-type-options"), "nosniff");
  const again = await fetch(server.url + script, { headers: { "if-none-match": asset.headers.get("etag") } });
  assert.equal(again.status, 304);

  const status = async (path, options) => (await fetch(server.url + path, options)).status;
  assert.equal(await status("/runs/3", navigation), 200, "a deep link");
  assert.equal(await status("/assets/gone-12345678.js", navigation), 404, "a script of an older release");
  assert.equal(await status("/runs/3", {}), 404, "not a navigation");
  assert.equal(await status("/api/v1/nothing", navigation), 404, "the API has no pages");
  assert.equal(await status("/static/visualiser/index.html", navigation), 302, "an old bookmark");
  assert.equal(await status("/", { redirect: "manual" }), 302, "as luigid");
  assert.equal(await status("/", { method: "HEAD" }), 204, "a health check");
});

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
  await page.getByRole("heading", { name: "Unload" }).waitFor();
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

test("a server that goes away is said to be away, and what was missed is made up for", async () => {
  await go("/runs");
  // The other pages come once there is time.
  await page.waitForFunction(() => performance.getEntriesByType("resource").some((one) => /teams-/.test(one.name)));
  await server.stop();
  await page.getByText("Reconnecting").waitFor();
  // What is asked meanwhile says so, and is asked again by itself.
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page
    .getByRole("alert")
    .getByText(/cannot be reached/)
    .waitFor({ timeout: HEALED_MS_MAX });
  await server.run();
  await page.getByText("Live", { exact: true }).waitFor({ timeout: HEALED_MS_MAX });
  await page.getByRole("link", { name: "Payments" }).waitFor();
  await go("/runs");
  await server.luigi(...pipelines[0]);
  await page
    .getByRole("row", { name: /berths\.BerthPlan/ })
    .nth(1)
    .waitFor({ timeout: HEALED_MS_MAX });
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
  await page.getByRole("option", { name: /^settlement/ }).waitFor();
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
  await page.getByRole("button", { name: "Owner", exact: true }).click();
  await page.getByRole("button", { name: /^Payments/ }).click();
  await page.waitForURL(/owner=group%3Adefault%2Fpayments/);
  await page.getByRole("searchbox").fill("card");
  await page.waitForURL(/text=card/);
  await page.getByText("2 rows", { exact: true }).waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Owner", exact: true }).waitFor();

  const { items } = await server.api("/runs/2/tasks");
  const failed = items.find((task) => task.status === "FAILED");
  await go(`/runs/2?task=${encodeURIComponent(failed.id)}`);
  await page.getByRole("dialog").getByText("Traceback").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL(/\/runs\/2$/);
});

test("an action says what comes of it, does it, and is seen", async () => {
  const { items } = await server.api("/runs/3/tasks");
  const failed = items.find((task) => task.status === "FAILED");
  await go(`/runs/3?task=${encodeURIComponent(failed.id)}`);
  const drawer = page.getByRole("dialog", { name: failed.family });
  await drawer.getByRole("button", { name: "Mark as done" }).click();
  const question = page.getByRole("dialog", { name: "Mark this task as done?" });
  await question.getByText("cannot be taken back").waitFor();
  await question.getByRole("button", { name: "Mark as done" }).click();
  await question.waitFor({ state: "hidden" });
  await drawer.getByText("Done", { exact: true }).first().waitFor({ timeout: TRUE_MS_MAX });
  const { now } = await server.api(`/tasks/${encodeURIComponent(failed.id)}`);
  assert.equal(now.status, "DONE");
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
  await go("/ledger?text=resources.set");
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

test("a table can be copied and downloaded", async () => {
  await go("/teams");
  await page.getByRole("link", { name: "Payments" }).waitFor();
  await page.getByRole("button", { name: "Take the table away" }).click();
  await page.getByRole("menuitem", { name: /^Copy/ }).click();
  await page.getByText(/^Copied \d+ rows$/).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^Team\tHealth\tFailing\tAnswers for\tKnown from\n/);
  await page.getByRole("button", { name: "Take the table away" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "Download CSV" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "teams.csv");
  assert.match(await readFile(await download.path(), "utf8"), /^\uFEFF"Team","Health"/);
});

test("the choice of colours is kept", async () => {
  await go("/");
  const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
  await page.getByRole("button", { name: /change to light/ }).click();
  await page.getByRole("button", { name: /change to dark/ }).click();
  assert.equal(await scheme(), "dark");
  await go("/runs");
  assert.equal(await scheme(), "dark");
  await page.getByRole("button", { name: /change to the system's/ }).click();
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
