// What is shown is true within two seconds, without a reload, whatever happens: runs, failures, lost workers, edited manifests, a
// server that goes away.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HeldRun } from "./held.mjs";
import { heading, isLive, journey, open, shownSince, TRUE_MS_MAX, world } from "./journey.mjs";
import { openPage, pipelines, Server, sleep, within } from "./world.mjs";

journey("a server that was away is followed again, and what happened meanwhile is shown", async (page) => {
  await open(page, "/runs");
  const rows = page.getByRole("table", { name: "Runs" }).getByRole("row");
  await page.getByRole("link", { name: "report.DailyReport" }).first().waitFor();
  const before = await rows.count();
  await world.server.stop();
  await page.getByText("Reconnecting", { exact: true }).waitFor();
  assert.equal(await rows.count(), before, "what was shown stays");
  await world.server.run();
  await world.server.luigi(...pipelines[0]);
  await isLive(page);
  await within(TRUE_MS_MAX, "the run that was missed is shown", async () => (await rows.count()) === before + 1);
});

journey("a run that fails is shown without a reload", async (page) => {
  await open(page, "/runs");
  await page.evaluate(() => {
    window.isSamePage = true;
  });
  const run = await HeldRun.start(world.server, "fails");
  try {
    const row = (state) => page.getByRole("row", { name: new RegExp(`^${run.id}\\b.*${state}.*held\\.Third`) });
    await shownSince(performance.now(), "the run", row("Running"));
    await run.tell(run.first, "fail");
    await run.exited;
    await shownSince(performance.now(), "the failure", row("Failed"));
    assert.equal(await page.evaluate(() => window.isSamePage), true);
  } finally {
    await run.close();
  }
});

journey("a run is followed task by task", async (page) => {
  const run = await HeldRun.start(world.server, "followed");
  try {
    await open(page, `/runs/${run.id}`);
    const task = (family, state) => page.getByRole("row", { name: new RegExp(`${family}\\b.*${state}`, "i") }).first();
    await task("First", "Running").waitFor();
    await shownSince(await run.tell(run.first, "done"), "First as done", task("First", "Done"));
    await shownSince(performance.now(), "Second as running", task("Second", "Running"));
    await shownSince(await run.tell(run.second, "fail"), "Second as failed", task("Second", "Failed"));
  } finally {
    await run.close();
  }
});

journey("a manifest that is edited changes its page", async (page) => {
  await open(page, "/catalog/component/default/settlement");
  await heading(page).filter({ hasText: "settlement" }).waitFor();
  const folder = await world.server.folder("edited");
  await writeFile(
    join(folder, "catalog-info.yaml"),
    "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: edited-thing, description: as it was}\n" +
      "spec: {type: service, lifecycle: production, owner: payments}\n",
  );
  await world.server.bussola("catalog", "apply", folder);
  await page.goto("/catalog/component/default/edited-thing");
  await page.getByText("as it was").first().waitFor();
  await isLive(page);
  await writeFile(
    join(folder, "catalog-info.yaml"),
    "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: edited-thing, description: as it is now}\n" +
      "spec: {type: service, lifecycle: production, owner: payments}\n",
  );
  await world.server.bussola("catalog", "apply", folder);
  await shownSince(performance.now(), "the new description", page.getByText("as it is now").first());
});

journey("a manifest that is edited in a folder which the server reads changes its page by itself", async () => {
  const server = await Server.start({ watched: "manifests" });
  const page = await openPage(world.browser, server);
  const write = (description) =>
    writeFile(
      join(server.watched, "compass.yml"),
      `name: watched-thing\nconfigVersion: 1\ntypeId: SERVICE\ndescription: ${description}\n`,
    );
  try {
    await write("as it was");
    await within(5_000, "the manifest is read", async () => {
      const { items } = await server.api("/catalog/entities?text=watched-thing");
      return items.length === 1;
    });
    await open(page, "/catalog/component/default/watched-thing");
    await page.getByText("as it was").first().waitFor();
    await write("as it is now");
    const since = performance.now();
    await shownSince(since, "the new description", page.getByText("as it is now").first());
    console.log(`an edited manifest is shown after ${(performance.now() - since).toFixed(0)} ms`);
  } finally {
    await page.context().close();
    await server.close();
  }
});

journey("what a task says of itself is shown while it runs", async (page) => {
  const run = await HeldRun.start(world.server, "telling");
  try {
    const { items } = await world.server.api(`/runs/${run.id}/tasks`);
    const { id } = items.find((task) => task.family === "held.First");
    await open(page, `/runs/${run.id}?task=${encodeURIComponent(id)}`);
    const drawer = page.getByRole("dialog", { name: "held.First" });
    await drawer.getByText("Running", { exact: true }).first().waitFor();
    await shownSince(
      await run.tell(run.first, "42 of 100 crates"),
      "its message",
      drawer.getByText("42 of 100 crates"),
    );
  } finally {
    await run.close();
  }
});

journey("the scheduler is paused by somebody else", async (page) => {
  await open(page, "/runs");
  await world.server.bussola("pause");
  try {
    await shownSince(performance.now(), "the pause", page.getByText("The scheduler is paused"));
  } finally {
    await world.server.bussola("unpause");
  }
  await page.getByText("The scheduler is paused").waitFor({ state: "hidden", timeout: TRUE_MS_MAX });
});

/** Luigi's worker says each second that it is there: after that and no more a page may still believe it. */
journey("a worker that is killed is called silent on every page that shows it", async (page) => {
  const run = await HeldRun.start(world.server, "killed");
  const other = await page.context().newPage();
  const list = await page.context().newPage();
  try {
    await open(page, "/workers");
    const row = page.getByRole("row", { name: new RegExp(`\\bRun ${run.id}\\b`) });
    await row.getByText("At work", { exact: true }).waitFor();
    await row.getByText("just now").first().waitFor();
    await open(other, `/runs/${run.id}`);
    await other.getByText("Running", { exact: true }).first().waitFor();
    assert.equal(await other.getByText("Worker silent", { exact: true }).count(), 0);
    await open(list, "/runs");
    const inList = list.getByRole("row", { name: new RegExp(`^${run.id}\\b`) });
    await inList.getByText("Running", { exact: true }).waitFor();
    const since = performance.now();
    await run.kill();
    const shown = (what, locator) =>
      shownSince(since, what, locator).then(() => `${what} ${(performance.now() - since).toFixed(0)} ms`);
    const took = await Promise.all([
      shown("workers", row.getByText("Silent", { exact: true })),
      shown("run", other.getByText("Worker silent", { exact: true }).first()),
      shown("runs", inList.getByText("Worker silent", { exact: true })),
    ]);
    // Nobody says that it goes on, and where to look is said.
    await other.getByText("Whether it goes on nobody knows").waitFor();
    await other.getByText("its worker is silent: see on").waitFor();
    console.log(`a killed worker is called silent after: ${took.join(", ")}`);
    // It goes on counting.
    await row
      .getByRole("cell", { name: /^[3-9] s ago$/ })
      .first()
      .waitFor();
  } finally {
    await run.close();
  }
});

journey("a worker that lives is never called silent", async (page) => {
  const run = await HeldRun.start(world.server, "alive");
  try {
    await open(page, "/workers");
    const row = page.getByRole("row", { name: new RegExp(`\\bRun ${run.id}\\b`) });
    await row.getByText("At work", { exact: true }).waitFor();
    // Every state that the row had, however short.
    await row.evaluate((element) => {
      window.seen = new Set();
      const look = () => window.seen.add(element.textContent);
      new MutationObserver(look).observe(element, { childList: true, characterData: true, subtree: true });
    });
    await sleep(6_000);
    const seen = await page.evaluate(() => [...window.seen]);
    assert.deepEqual(
      seen.filter((text) => /Silent|Not heard of/.test(text)),
      [],
    );
  } finally {
    await run.close();
  }
});
