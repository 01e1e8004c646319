// A run whose tasks end when and how the test says: what is live can only be tested by somebody who knows the moment.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LUIGI, within } from "./world.mjs";

export class HeldRun {
  /** A real Luigi worker on `held.Third` with its chain of three tasks, at work on the first when this returns. */
  static async start(server, name) {
    const run = new HeldRun();
    run.name = name;
    run.place = await mkdtemp(join(server.place, "held."));
    const args = ["--module", "held", "held.Third", "--name", name, "--place", run.place];
    run.process = spawn(LUIGI, [...args, "--scheduler-port", `${server.port}`, "--no-lock"], {
      cwd: run.place,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PYTHONPATH: fileURLToPath(new URL(".", import.meta.url)), PYTHONDONTWRITEBYTECODE: "1" },
    });
    let said = "";
    for (const stream of [run.process.stdout, run.process.stderr]) stream.on("data", (text) => (said += text));
    run.exited = once(run.process, "exit");
    await within(20_000, `${run.first} is running`, async () => {
      if (run.process.exitCode !== null) throw new Error(`luigi ended with ${run.process.exitCode}:\n${said}`);
      const running = await server.rpc("task_list", { status: "RUNNING", upstream_status: "" });
      return Object.values(running).some((task) => task.params.name === run.first);
    });
    run.id = (await server.api(`/runs?text=held&worker_here=true`)).items.find((item) => item.root.includes(name)).id;
    return run;
  }

  /** Its tasks by name; the third has the run's own. */
  get second() {
    return `${this.name}-second`;
  }

  get first() {
    return `${this.name}-second-first`;
  }

  /** `done`, `fail`, or a status message. Answers the moment at which it was told. */
  async tell(task, what) {
    await writeFile(join(this.place, `${task}.told`), what);
    return performance.now();
  }

  /** `kill -9`: nobody tells the scheduler. */
  async kill() {
    this.process.kill("SIGKILL");
    await this.exited;
  }

  async close() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill();
  }
}
