// The page of a run while it goes on, and after.

import assert from "node:assert/strict";
import { HeldRun } from "./held.mjs";
import { journey, open, shownSince, world } from "./journey.mjs";

/** Counts what a page asks for. */
function asked(page, pattern) {
  const counts = { count: 0 };
  page.on("request", (request) => {
    if (pattern.test(request.url())) counts.count += 1;
  });
  return counts;
}

journey("a run is followed by what changes in it: its graph is read once, and once more at its end", async (page) => {
  const run = await HeldRun.start(world.server, "recoloured");
  try {
    const wholes = asked(page, /\/runs\/\d+\/(graph|timeline|tasks)\b/);
    await open(page, `/runs/${run.id}`);
    const graph = page.getByRole("application", { name: /^Tasks of run/ });
    await graph.waitFor();
    await graph.focus();
    // To the root, and from there to what it needs, which says how it stands.
    for (const key of ["ArrowLeft", "ArrowLeft", "ArrowLeft"]) await page.keyboard.press(key);
    await page.getByText(/^First .*: Running/).waitFor({ state: "attached" });
    const before = wholes.count;
    await shownSince(
      await run.tell(run.first, "done"),
      "First as done on the graph",
      page.locator("output", { hasText: /^First .*: Done/ }),
    );
    await page.getByRole("row", { name: /Second\b.*Running/ }).waitFor();
    await page.getByText("33 % done", { exact: true }).waitFor();
    assert.equal(wholes.count, before, "nothing was read as a whole");
    await run.tell(run.second, "done");
    await run.tell(run.name, "done");
    await page.getByText("Succeeded", { exact: true }).waitFor();
    await run.exited;
    await page.getByRole("row", { name: /Third\b.*Done/ }).waitFor();
    assert.ok(wholes.count <= before + 3, `${wholes.count - before} wholes were read at the end`);
  } finally {
    await run.close();
  }
});

journey("how far a task is shows wherever the task does", async (page) => {
  const run = await HeldRun.start(world.server, "counting");
  try {
    const { items } = await world.server.api(`/runs/${run.id}/tasks`);
    const { id } = items.find((task) => task.family === "held.First");
    await open(page, `/runs/${run.id}`);
    await page.getByRole("row", { name: /held\.First\b.*Running/ }).waitFor();
    const since = await run.tell(run.first, "42 of 100 crates");
    await shownSince(since, "in the table", page.getByRole("row", { name: /held\.First\b.*Running\s*42 %/ }));
    const graph = page.getByRole("group", { name: /^Show Tasks of run/ });
    await graph.getByRole("button", { name: "Table" }).click();
    await page
      .getByRole("table", { name: "tasks of the graph" })
      .getByRole("row", { name: /First\b.*Running\s*42 %/ })
      .waitFor();
    await page.goto(`/runs/${run.id}?task=${encodeURIComponent(id)}`);
    await page.getByRole("dialog").getByText("42 %").first().waitFor();
    await page.getByRole("dialog").getByRole("img", { name: "42 % done" }).waitFor();
  } finally {
    await run.close();
  }
});

journey("a run knows what the tasks are that another run declared first", async (page) => {
  // The report joins what the settlement had declared.
  const { items } = await world.server.api("/runs/3/tasks");
  assert.deepEqual(
    items.filter(({ parameters }) => parameters.length === 0),
    [],
  );
  await open(page, "/runs/3");
  await page.getByRole("row", { name: /settlement\.ReadAcquirerFile\b.*acquirer=iberia/ }).waitFor();
  await page.getByText("Bold: the chain to what failed").waitFor();
});

journey("graph and time line stand side by side where there is room, and share it as one likes", async (page) => {
  await open(page, "/runs/3");
  const place = async (name) => page.getByRole("region", { name, exact: true }).boundingBox();
  const bar = page.getByRole("separator");
  await bar.waitFor();
  const [graph, line] = [await place("Graph"), await place("Time line")];
  assert.equal(Math.round(graph.y), Math.round(line.y), "side by side");
  assert.ok(graph.x + graph.width <= line.x);
  await bar.focus();
  for (let press = 0; press < 3; press += 1) await page.keyboard.press("ArrowRight");
  assert.ok((await place("Graph")).width > graph.width + 50, "the bar moves");
  await page.reload();
  await bar.waitFor();
  assert.ok((await place("Graph")).width > graph.width + 50, "and stays where it was put");
  await page.setViewportSize({ width: 800, height: 900 });
  assert.ok((await place("Graph")).y < (await place("Time line")).y, "one above the other");
  assert.equal(await bar.isVisible(), false);
});
