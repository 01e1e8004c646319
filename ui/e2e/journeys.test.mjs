// What people do with the app, from its first page on: by mouse, by keyboard, by old bookmarks.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { goes, heading, isLive, journey, open, world } from "./journey.mjs";
import { within } from "./world.mjs";

journey("the app loads, and follows the server", async (page) => {
  await open(page, "/");
  await heading(page).filter({ hasText: "Home" }).waitFor();
  assert.match(await page.title(), /Bussola/);
});

journey("a policy is violated: the harness sees it", async (page) => {
  await open(page, "/");
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.wasRun = true";
    document.body.append(script);
  });
  await within(1_000, "the violation is noted", () =>
    page.faults.some((fault) => fault.includes("policy: script-src")),
  );
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  page.faults.length = 0;
});

journey("every entry of the navigation opens its page", async (page) => {
  await open(page, "/");
  const entries = page.getByRole("navigation", { name: "Main" }).getByRole("link");
  const count = await entries.count();
  assert.ok(count >= 8, `${count} entries`);
  for (let index = 0; index < count; index += 1) {
    const entry = entries.nth(index);
    const path = await entry.getAttribute("href");
    await entry.click();
    await goes(page, path);
    // The page itself may still be on its way.
    await within(5_000, `${path} is current`, async () => (await entry.getAttribute("aria-current")) === "page");
    await heading(page).waitFor();
    assert.notEqual(await heading(page).textContent(), "No such page", path);
  }
});

journey("an address leads to its page, with its filters, and back", async (page) => {
  await open(page, "/catalog/component/default/settlement");
  await heading(page).filter({ hasText: "settlement" }).waitFor();
  await page.reload();
  await heading(page).filter({ hasText: "settlement" }).waitFor();
  await page.goto("/catalog?owner=group%3Adefault%2Fpayments");
  const table = page.getByRole("table", { name: "Catalog" });
  await table.getByRole("link", { name: "settlement" }).first().waitFor();
  assert.equal(await table.getByRole("link", { name: "berth-plan" }).count(), 0);
  await table.getByRole("link", { name: "settlement" }).first().click();
  await heading(page).filter({ hasText: "settlement" }).waitFor();
  await page.goBack();
  await table.getByRole("link", { name: "settlement" }).first().waitFor();
  assert.match(page.url(), /owner=group/);
});

journey("luigid's bookmarks lead to the pages that show the same", async (page) => {
  const failed = (await world.server.api("/runs/2/tasks")).items.find((task) => task.status === "FAILED");
  const task = encodeURIComponent(failed.id);
  const { run } = await world.server.api(`/tasks/${task}`);
  for (const [address, path] of [
    ["/static/visualiser/index.html", "/"],
    ["/static/visualiser/index.html#tab=workers", "/workers"],
    ["/static/visualiser/index.html#resources=%5B%5D&tab=resources", "/resources"],
    ["/static/visualiser/index.html#order=4%2Cdesc&tab=tasks", "/runs"],
    [
      "/static/visualiser/index.html#tab=tasks&statuses=%5B%22FAILED%22%5D&search__search=daily",
      "/runs?text=daily&outcome=failed",
    ],
    [`/static/visualiser/index.html#tab=graph&taskId=${task}&visType=svg`, `/runs/${run}?task=${task}`],
    ["/static/visualiser/index.html#tab=graph&taskId=Forgotten_1", "/runs?text=Forgotten_1"],
    ["/history", "/runs"],
    ["/tasklist", "/pipelines"],
  ]) {
    await open(page, address);
    await heading(page).waitFor();
    assert.equal(page.url(), world.server.url + path, address);
  }
  // The task that nobody knows was asked for.
  page.faults = page.faults.filter((fault) => !fault.includes("404"));
});

journey("an address of nothing says so", async (page) => {
  await open(page, "/no/such/page");
  await page.getByText("Nothing is here").waitFor();
});

journey("all of it is reached by keyboard", async (page) => {
  await open(page, "/");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the page" });
  assert.ok(await skip.evaluate((link) => link === document.activeElement), "the first stop skips the navigation");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");

  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await goes(page, "/runs");
  const table = page.getByRole("table", { name: "Runs" });
  await table.getByRole("row").nth(1).waitFor();
  // From the top of the page to the first row, seeing at each stop where one is.
  let stops = 0;
  while (!(await page.evaluate(() => document.activeElement?.matches("tr[data-index]")))) {
    await page.keyboard.press("Tab");
    stops += 1;
    assert.ok(stops < 60, "no row is reached");
    // An outline or a shadow, around it or around the field that it is the inside of.
    const unseen = await page.evaluate(() => {
      const focused = document.activeElement;
      const isMarked = (element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0) || boxShadow !== "none";
      };
      const isSeen = focused === document.body || isMarked(focused) || isMarked(focused.parentElement);
      return isSeen ? "" : focused.outerHTML.slice(0, 200);
    });
    assert.equal(unseen, "", "the focus cannot be seen here");
  }
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/runs\/\d+$/);
  await page.goBack();

  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.waitFor();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });

  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Go to anything" });
  await field.waitFor();
  await page.keyboard.type("payments-api");
  await page
    .getByRole("option", { name: /payments-api/ })
    .first()
    .waitFor();
  await page.keyboard.press("Enter");
  await goes(page, "/catalog/component/default/payments-api");
});

journey(
  "dark is dark, and stays so",
  async (page) => {
    const lightness = () =>
      page.evaluate(() => {
        const colours = [document.body, document.documentElement].map((one) => getComputedStyle(one).backgroundColor);
        const painted = colours.find((colour) => colour !== "rgba(0, 0, 0, 0)");
        const [r, g, b] = painted.match(/[\d.]+/g).map(Number);
        return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
      });
    await open(page, "/");
    assert.ok((await lightness()) < 0.2, "the system's dark is taken over");
    await page.getByRole("button", { name: /^Colours as the system has them/ }).click();
    await within(1_000, "light was chosen", async () => (await lightness()) > 0.8);
    await page.reload();
    await isLive(page);
    assert.ok((await lightness()) > 0.8, "the choice is remembered");
  },
  { scheme: "dark" },
);

journey("a table is taken away as it is shown", async (page) => {
  await open(page, "/runs");
  const table = page.getByRole("table", { name: "Runs" });
  await table.getByRole("row").nth(1).waitFor();
  const titles = await table.getByRole("columnheader").allInnerTexts();
  const pipelineColumn = (await table.getByRole("row").nth(1).getByRole("cell").allInnerTexts())[0];
  const take = page.getByRole("button", { name: "Copy or download" });
  await take.click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "Download CSV" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "runs.csv");
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
  assert.equal(lines[0].replace("\uFEFF", "").split(",").length, titles.length, "every column is in it");
  const { items } = await world.server.api("/runs?limit=1000");
  assert.equal(lines.length, items.length + 1, "every row is in it");
  assert.ok(lines[1].includes(pipelineColumn.split("\n")[0]), `the first line is ${lines[1]}`);

  await take.click();
  await page.getByRole("menuitem", { name: "Copy, for a spreadsheet" }).click();
  await page.getByText(/^Copied \d+ rows$/).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied.split("\n").length, items.length + 1);
});

journey("an id is copied", async (page) => {
  await open(page, "/runs/2");
  await page.getByRole("button", { name: "Copy task id" }).first().click();
  await page.getByRole("button", { name: "Copied" }).first().waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^settlement\.SettlementExtract_/);
});

journey("a newcomer finds whose the failure is, what caused it and who else waits", async (page) => {
  await open(page, "/");
  const table = page.getByRole("table", { name: "Failing components" });
  // All of it is on the first page: whose it is, what caused it, who else waits.
  const cause = table.getByRole("row", { name: /^settlement\b/ });
  await cause.getByRole("link", { name: "Payments" }).waitFor();
  await cause.getByText(/atlantico.csv line 4/).waitFor();
  await cause.getByRole("link", { name: "daily-report" }).waitFor();
  const failing = table.getByRole("row", { name: /^daily-report\b/ });
  await failing.getByRole("link", { name: "Finance systems" }).waitFor();
  await failing.getByText("Waits for settlement").waitFor();
  await failing.getByText(/atlantico.csv line 4/).waitFor();
  await failing.getByRole("link", { name: /^Run \d+$/ }).click();
  await page.waitForURL(/\/runs\/\d+/);
  const main = page.getByRole("main");
  await main.getByText("ReadAcquirerFile").first().waitFor();
  await main.getByText("atlantico.csv line 4").first().waitFor();
  await main.getByRole("link", { name: "Payments", exact: true }).first().waitFor();
  await main.getByRole("link", { name: "settlement", exact: true }).first().click();
  await page.waitForURL(/\/catalog\/component\/default\/settlement/);
  await page.getByRole("table", { name: "Blast radius" }).getByRole("link", { name: "daily-report" }).first().waitFor();
});

journey("the palette answers each key at once", async (page) => {
  await open(page, "/");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to anything" }).waitFor();
  // From the key to the last change of the list that it made, with the answer of the server in between.
  await page.evaluate(() => {
    let key;
    window.delays = [];
    document.addEventListener(
      "keydown",
      (event) => {
        key = { at: event.timeStamp, index: window.delays.length };
        window.delays.push(0);
      },
      true,
    );
    new MutationObserver(() => {
      if (key) window.delays[key.index] = performance.now() - key.at;
    }).observe(document.querySelector("dialog"), {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
  });
  for (const letter of "settlement") {
    await page.keyboard.press(letter);
    await page.waitForTimeout(200);
  }
  await page
    .getByRole("option", { name: /^settlement/ })
    .first()
    .waitFor();
  const delays = (await page.evaluate(() => window.delays)).sort((a, b) => a - b);
  const median = delays[Math.floor(delays.length / 2)];
  assert.ok(
    delays.some((delay) => delay > 0),
    "the list changed",
  );
  assert.ok(median < 50, `a key takes ${median.toFixed(0)} ms: ${delays.map((delay) => delay.toFixed(0))}`);
});
