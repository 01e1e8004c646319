// What is shown is true within two seconds, without a reload, whatever happens: runs, failures, lost workers, edited manifests, a
// server that goes away.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HeldRun } from "./held.mjs";
import { heading, isLive, journey, open, shownSince, TRUE_MS_MAX, world } from "./journey.mjs";
import { pipelines, within } from "./world.mjs";

/** A worker that sends nothing may be busy: so long until it is said, and a look at all workers after that. */
const SILENT_MS_MAX = 25_000;

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

journey("a worker that was killed is not called at work", async (page) => {
  const run = await HeldRun.start(world.server, "killed");
  try {
    await open(page, "/workers");
    const row = page.getByRole("row", { name: new RegExp(`\\bRun ${run.id}\\b`) });
    await row.getByText("At work", { exact: true }).waitFor();
    await run.kill();
    await row.getByText("Not heard of", { exact: true }).waitFor({ timeout: SILENT_MS_MAX });
  } finally {
    await run.close();
  }
});
