// Every action says what will come of it, leaves everything as it is when one thinks better of it, does it, and is seen to be
// done. What cannot be done now says why.

import assert from "node:assert/strict";
import { HeldRun } from "./held.mjs";
import { journey, open, shownSince, world } from "./journey.mjs";

/** A task of a run of its own, with a retry policy that disables it at its first failure, or never. */
async function task(name, failuresMax) {
  const worker = `Worker(salt=${name}, workers=1, host=quay, username=ana, pid=7)`;
  const given = { worker, task_id: `${name}_1`, family: name, params: {} };
  const retry_policy_dict = { retry_count: failuresMax, disable_hard_timeout: 1_000_000, disable_window: 1_000_000 };
  await world.server.rpc("add_task", { ...given, status: "PENDING", runnable: true, retry_policy_dict });
  const info = Object.entries({ host: "quay", username: "ana", first_task: given.task_id });
  await world.server.rpc("add_worker", { worker, info });
  const fail = async () => {
    await world.server.rpc("get_work", { worker });
    await world.server.rpc("add_task", { ...given, status: "FAILED", expl: '"the crane broke"', retry_policy_dict });
  };
  const status = async () => (await world.server.api(`/tasks/${given.task_id}`)).now.status;
  const { run } = await world.server.api(`/tasks/${given.task_id}`);
  return { fail, status, address: `/runs/${run}?task=${given.task_id}`, family: name };
}

/** Asks for an action, thinks better of it, asks again, and does it. */
async function act(page, drawer, { label, question, consequence, verb = label, status }) {
  const before = await status();
  const dialog = page.getByRole("dialog", { name: question });
  await drawer.getByRole("button", { name: label }).click();
  await dialog.getByText(consequence).waitFor();
  await dialog.getByRole("button", { name: "Leave it" }).click();
  await dialog.waitFor({ state: "hidden" });
  await drawer.getByRole("button", { name: label }).click();
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await status(), before, "nothing was done yet");
  await drawer.getByRole("button", { name: label }).click();
  await dialog.getByRole("button", { name: verb }).click();
  const since = performance.now();
  await dialog.waitFor({ state: "hidden" });
  return since;
}

const badge = (drawer, state) => drawer.getByText(state, { exact: true }).last();

journey("a failed task is tried again", async (page) => {
  const { fail, status, address, family } = await task("Unload", 99);
  await fail();
  await open(page, address);
  const drawer = page.getByRole("dialog", { name: family });
  await drawer.getByText("the crane broke").waitFor();
  const since = await act(page, drawer, {
    label: "Try again",
    question: "Try this task again?",
    consequence: "Its failures are forgiven",
    status,
  });
  assert.equal(await status(), "PENDING");
  await shownSince(since, "the task as pending", badge(drawer, "Pending"));
});

journey("a disabled task is re-enabled", async (page) => {
  const { fail, status, address, family } = await task("Weigh", 1);
  await fail();
  assert.equal(await status(), "DISABLED");
  await open(page, address);
  const drawer = page.getByRole("dialog", { name: family });
  const since = await act(page, drawer, {
    label: "Re-enable",
    question: "Re-enable this task?",
    consequence: "It may be run again",
    status,
  });
  // As luigid: it is failed again, and tried when its time comes.
  assert.equal(await status(), "FAILED");
  await shownSince(since, "the task as failed", badge(drawer, "Failed"));
});

journey("a task is marked as done", async (page) => {
  const { fail, status, address, family } = await task("Stamp", 99);
  await fail();
  await open(page, address);
  const drawer = page.getByRole("dialog", { name: family });
  const since = await act(page, drawer, {
    label: "Mark as done",
    question: "Mark this task as done?",
    consequence: "cannot be taken back",
    status,
  });
  assert.equal(await status(), "DONE");
  await shownSince(since, "the task as done", badge(drawer, "Done"));
});

journey("what cannot be done says why", async (page) => {
  const { address, family } = await task("Rest", 99);
  await open(page, address);
  const drawer = page.getByRole("dialog", { name: family });
  for (const [label, why] of [
    ["Try again", "only a failed task can be tried again"],
    ["Re-enable", "only a disabled task can be re-enabled"],
    ["Mark as done", "only what runs, failed or is disabled can be marked as done"],
  ]) {
    const button = drawer.getByRole("button", { name: label });
    await button.waitFor();
    const { isDisabled, said } = await button.evaluate((element) => ({
      isDisabled: element.disabled || element.getAttribute("aria-disabled") === "true",
      said: [
        element.title,
        element.getAttribute("aria-description"),
        ...(element.getAttribute("aria-describedby") ?? "")
          .split(" ")
          .map((id) => document.getElementById(id)?.textContent),
      ].join(" "),
    }));
    assert.ok(isDisabled, `${label} can be pressed`);
    assert.ok(said.includes(why), `${label} says ${said}`);
    // It is there for the keyboard too, for otherwise nobody hears the reason.
    await button.focus();
    assert.ok(await button.evaluate((element) => element === document.activeElement), `${label} cannot be reached`);
  }
});

journey("all that failed in a run is tried again", async (page) => {
  const { fail, status, address, family } = await task("Haul", 99);
  await fail();
  await open(page, address.split("?")[0]);
  await page.getByRole("button", { name: "Try what failed again" }).click();
  const dialog = page.getByRole("dialog", { name: "Try what failed again?" });
  await dialog.getByText("1 failed task is forgiven").waitFor();
  await dialog.getByRole("button", { name: "Leave it" }).click();
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await status(), "FAILED");
  await page.getByRole("button", { name: "Try what failed again" }).click();
  await dialog.getByRole("button", { name: "Try again" }).click();
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await status(), "PENDING");
  assert.ok(family);
});

journey("a worker is told to run more at once, and to take no more work", async (page) => {
  const run = await HeldRun.start(world.server, "staffed");
  try {
    await open(page, "/workers");
    const row = page.getByRole("row", { name: new RegExp(`\\bRun ${run.id}\\b`) });
    await row.getByText("At work").click();
    const drawer = page.getByRole("dialog", { name: /process \d+/ });
    await drawer.getByRole("button", { name: "Change processes" }).click();
    const dialog = page.getByRole("dialog", { name: "How many tasks is it to run at once?" });
    await dialog.getByRole("textbox", { name: "Processes" }).fill("0");
    await dialog.getByText("a whole number of 1 or more").waitFor();
    await dialog.getByRole("textbox", { name: "Processes" }).fill("3");
    await dialog.getByText("its machine has to have room for them").waitFor();
    await dialog.getByRole("button", { name: "Change", exact: true }).click();
    const since = performance.now();
    await dialog.waitFor({ state: "hidden" });
    // The worker itself says so, once it has heard of it by a ping.
    await shownSince(since, "three processes", drawer.locator("dl > div", { hasText: /^Processes3$/ }));
    await drawer.getByRole("button", { name: "Disable" }).click();
    const ask = page.getByRole("dialog", { name: "Give this worker no more work?" });
    await ask.getByText("Nothing takes this back but starting it anew").waitFor();
    await ask.getByRole("button", { name: "Disable the worker" }).click();
    await ask.waitFor({ state: "hidden" });
    await shownSince(performance.now(), "phasing out", row.getByText("Phasing out"));
  } finally {
    await run.close();
  }
});

journey("a run is cancelled: what runs ends, the rest is not begun", async (page) => {
  const run = await HeldRun.start(world.server, "cancelled");
  try {
    await open(page, `/runs/${run.id}`);
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    const ask = page.getByRole("dialog", { name: "Cancel this run?" });
    await ask.getByText("Its worker gets no more work").waitFor();
    await ask.getByRole("button", { name: "Cancel the run" }).click();
    await ask.waitFor({ state: "hidden" });
    const told = await world.server.api(`/runs/${run.id}`);
    const { items } = await world.server.api("/workers?limit=1000");
    assert.equal(items.find(({ who }) => who.worker === told.who.worker).disabled, true);
    // What was done is seen, and not to be done twice.
    await page.getByText("Cancelling", { exact: true }).waitFor();
    await page.getByText("its worker is given no more work").waitFor();
    const again = page.getByRole("button", { name: "Cancel", exact: true });
    assert.equal(await again.getAttribute("aria-disabled"), "true");
    // It ends with the task that it had begun.
    await run.tell(run.first, "done");
    await page.getByText("Incomplete", { exact: true }).first().waitFor();
    await page.getByText("its worker was given no more work").waitFor();
  } finally {
    await run.close();
  }
});

journey("a running task is spoken to, and answers", async (page) => {
  const run = await HeldRun.start(world.server, "spoken");
  try {
    const { items } = await world.server.api(`/runs/${run.id}/tasks`);
    const { id } = items.find((task) => task.family === "held.First");
    await open(page, `/runs/${run.id}?task=${encodeURIComponent(id)}`);
    const drawer = page.getByRole("dialog", { name: "held.First" });
    await drawer.getByRole("button", { name: "Send a message" }).click();
    const dialog = page.getByRole("dialog", { name: "Send this task a message" });
    await dialog.getByRole("textbox", { name: "Message" }).fill("how many crates?");
    await dialog.getByRole("button", { name: "Send", exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    await drawer.getByText("heard: how many crates?").waitFor();
  } finally {
    await run.close();
  }
});

journey("an action that the server refuses says that nothing was done", async (page) => {
  const { fail, status, address, family } = await task("Refuse", 99);
  await fail();
  await open(page, address);
  await page.route("**/api/v1/tasks/*/forgive", (route) =>
    route.fulfill({
      status: 503,
      contentType: "application/json",
      body: JSON.stringify({ code: "B0503", message: "the ledger takes no entries", hint: "look at its disk" }),
    }),
  );
  const drawer = page.getByRole("dialog", { name: family });
  await drawer.getByRole("button", { name: "Try again" }).click();
  const dialog = page.getByRole("dialog", { name: "Try this task again?" });
  await dialog.getByRole("button", { name: "Try again" }).click();
  const alert = dialog.getByRole("alert");
  await alert.getByText("the ledger takes no entries").waitFor();
  await alert.getByText("look at its disk").waitFor();
  assert.equal(await status(), "FAILED");
  page.faults = page.faults.filter((fault) => !fault.includes("503"));
});
