// Every action says what will come of it, leaves everything as it is when one thinks better of it, does it, and is seen to be
// done. What cannot be done now says why.

import assert from "node:assert/strict";
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
