// What holds on every page: its heading and title, its tables as files, its words when the server fails, its looks on paper.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { heading, journey, open } from "./journey.mjs";
import { within } from "./world.mjs";

const pages = [
  "/",
  "/catalog",
  "/catalog/component/default/settlement",
  "/teams",
  "/teams/group%3Adefault%2Fpayments",
  "/pipelines",
  "/runs",
  "/runs/3",
  "/runs/3/explain",
  "/runs/compare?one=2&other=3",
  "/workers",
  "/resources",
  "/ledger",
  "/access",
];

journey("each page has one heading, and a title by which its tab is found", async (page) => {
  const titles = new Map();
  for (const path of pages) {
    await open(page, path);
    await heading(page).first().waitFor();
    // Of what it is about, once that is known.
    await within(5_000, `${path} has a title of its own`, async () => /^.+ · Bussola$/.test(await page.title()));
    assert.equal(await heading(page).count(), 1, path);
    const title = await page.title();
    assert.equal(titles.get(title), undefined, `${path} and ${titles.get(title)} are both called ${title}`);
    titles.set(title, path);
  }
});

journey("each table can be taken away as a file", async (page) => {
  let tables = 0;
  for (const path of pages) {
    await open(page, path);
    await heading(page).waitFor();
    const buttons = page.getByRole("button", { name: "Copy or download" });
    // Some pages have none, or nothing to put into it.
    await page
      .getByRole("row")
      .nth(1)
      .waitFor({ timeout: 3_000 })
      .catch(() => {});
    for (let index = 0; index < (await buttons.count()); index += 1) {
      const button = buttons.nth(index);
      if (await button.isDisabled()) continue;
      await button.click();
      const choice = page.getByRole("menuitem", { name: "Download CSV" });
      const [download] = await Promise.all([page.waitForEvent("download"), choice.click()]);
      // The next table has a menu of its own.
      await choice.waitFor({ state: "hidden" });
      const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
      assert.match(download.suggestedFilename(), /^[a-z0-9-]+\.csv$/, path);
      assert.ok(lines.length > 1, `${path}: ${download.suggestedFilename()} is empty`);
      assert.ok(!lines.some((line) => /\[object|undefined/.test(line)), `${path}: ${lines.join(" / ")}`);
      tables += 1;
    }
  }
  assert.ok(tables >= 10, `${tables} tables`);
});

journey("a server that fails is said to, with what to do, and is asked again", async (page) => {
  const body = JSON.stringify({ code: "B9999", message: "the model is on fire", hint: "call the fire brigade" });
  for (const path of pages) {
    await page.route(/\/api\/v1\/(?!events)/, (route) =>
      route.fulfill({ status: 400, contentType: "application/json", body }),
    );
    await page.goto(path);
    const alert = page.getByRole("alert").first();
    await alert.getByText("the model is on fire").waitFor();
    await alert.getByText("call the fire brigade").waitFor();
    await page.unroute(/\/api\/v1\/(?!events)/);
    // What happens meanwhile makes the page ask again by itself, and then there is nothing to press.
    await within(10_000, `${path} is mended by trying again`, async () => {
      await page
        .getByRole("button", { name: "Try again" })
        .first()
        .click({ timeout: 500 })
        .catch(() => {});
      return (await page.getByText("the model is on fire").count()) === 0;
    });
    await heading(page).waitFor();
  }
  page.faults = page.faults.filter((fault) => !fault.includes("400"));
});

journey("on paper there is the page and nothing around it", async (page) => {
  for (const path of ["/runs/3", "/runs/3/explain"]) {
    await open(page, path);
    await page.getByText("atlantico.csv line 4").first().waitFor();
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.getByRole("navigation", { name: "Main" }).isVisible(), false, path);
    assert.equal(await page.getByText("Go to anything").first().isVisible(), false, path);
    assert.equal(await page.getByRole("button", { name: "Copy or download" }).first().isVisible(), false, path);
    assert.ok(await page.getByText("atlantico.csv line 4").first().isVisible(), path);
    const { scrolls, dark } = await page.evaluate(() => ({
      // What scrolls on a screen is cut off on paper.
      scrolls: [...document.querySelectorAll("main *")]
        .filter((one) => one.scrollHeight > one.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(one).overflowY))
        .map((one) => one.outerHTML.slice(0, 100)),
      dark: getComputedStyle(document.body).backgroundColor,
    }));
    assert.deepEqual(scrolls, [], path);
    assert.ok(dark === "rgba(0, 0, 0, 0)" || dark === "rgb(255, 255, 255)", `${path}: the paper is ${dark}`);
    await page.emulateMedia({ media: "screen" });
  }
});
