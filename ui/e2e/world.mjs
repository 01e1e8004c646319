// A real server with a small company on it, and a real browser. Nothing is mocked: what these tests see, users see.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BINARY = process.env.BUSSOLA_BIN ?? join(ROOT, "target/debug/bussola");
export const LUIGI = join(process.env.BUSSOLA_VENV ?? join(ROOT, "target/venv"), "bin/luigi");
const CHROMIUM = process.env.BUSSOLA_CHROMIUM ?? "/usr/bin/chromium";
export const SCREENSHOTS = join(ROOT, "target/screenshots");
/** The day that the examples have data for. */
const DATE = "2026-03-02";
const START_MS_MAX = 20_000;

/** The examples' pipelines; the last two fail, for one reason. */
export const pipelines = [
  ["berth_plan", "berths.BerthPlan"],
  ["settlement", "settlement.SettlementExtract"],
  ["daily_report", "report.DailyReport"],
];

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something holds; what it answers is what this answers. */
export async function within(ms, what, holds) {
  const until = performance.now() + ms;
  for (;;) {
    const held = await holds();
    if (held) return held;
    if (performance.now() > until) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(20);
  }
}

async function answers(url) {
  const until = Date.now() + START_MS_MAX;
  while (Date.now() < until) {
    if (
      await fetch(url)
        .then((reply) => reply.ok)
        .catch(() => false)
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no answer from ${url} within ${START_MS_MAX} ms`);
}

/** A server on a directory of its own, which can be stopped and started again. */
export class Server {
  /** With `watched` it reads the manifests of a folder of this name by itself. */
  static async start({ watched } = {}) {
    const server = new Server();
    server.place = await mkdtemp(join(tmpdir(), "bussola-ui."));
    if (watched) {
      server.watched = join(server.place, watched);
      server.config = join(server.place, "bussola.toml");
      await mkdir(server.watched);
      await writeFile(server.config, `[catalog]\npaths = ['${watched}']\n`);
    }
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    await server.run();
    return server;
  }

  async run() {
    const args = ["serve", "--listen", `127.0.0.1:${this.port}`, "--data", join(this.place, "data")];
    if (this.config) args.push("--config", this.config);
    this.process = spawn(BINARY, args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, RUST_LOG: "error" },
    });
    await answers(`${this.url}/api/v1/status`);
  }

  async stop() {
    if (this.process.exitCode !== null) return;
    const exited = once(this.process, "exit");
    this.process.kill("SIGTERM");
    await exited;
  }

  async close() {
    await this.stop();
    await rm(this.place, { recursive: true, force: true });
  }

  /** A command of ours, against this server. */
  async bussola(...args) {
    await finished(
      spawn(BINARY, args, { cwd: ROOT, stdio: "ignore", env: { ...process.env, BUSSOLA_SERVER: this.url } }),
      [0],
    );
  }

  /** One run, by a real and unmodified luigi. It may fail; that is what some are for. */
  async luigi(module, task) {
    const args = ["--module", module, task, "--date", DATE, "--scheduler-port", `${this.port}`];
    const env = {
      ...process.env,
      PYTHONPATH: join(ROOT, "examples/pipelines"),
      PYTHONDONTWRITEBYTECODE: "1",
      PORTO_OUTPUT: join(this.place, "output"),
      LUIGI_CONFIG_PATH: join(ROOT, "examples/pipelines/luigi.cfg"),
    };
    await finished(spawn(LUIGI, args, { cwd: ROOT, stdio: "ignore", env }), [0, 20, 25, 30]);
  }

  /** A folder of its own, gone with the server. */
  async folder(name) {
    return mkdtemp(join(this.place, `${name}.`));
  }

  /** A method of Luigi's scheduler, as its workers call it. */
  async rpc(method, data) {
    const body = new URLSearchParams({ data: JSON.stringify(data) });
    const reply = await fetch(`${this.url}/api/${method}`, { method: "POST", body });
    if (!reply.ok) throw new Error(`${method} was answered ${reply.status}`);
    return (await reply.json()).response;
  }

  async api(path) {
    return (await fetch(`${this.url}/api/v1${path}`)).json();
  }
}

async function finished(process, codes) {
  const [code] = await once(process, "exit");
  if (!codes.includes(code)) throw new Error(`${process.spawnargs.join(" ")} ended with ${code}`);
}

export async function openBrowser() {
  await mkdir(SCREENSHOTS, { recursive: true });
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/**
 * A page that notes what a user must never see: faults of scripts, violations of the policy, requests that leave the
 * server, files that are missing.
 */
export async function openPage(browser, server, { width = 1440, height = 900, scheme = "light" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, baseURL: server.url });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.faults = [];
  // Chromium's own words about its policy differ by version; the event does not.
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(
        `policy: ${event.effectiveDirective} forbids ${event.blockedURI || "what is inline"} ${event.sample}`,
      );
    });
  });
  page.on("pageerror", (error) => page.faults.push(`fault: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_NETWORK/.test(message.text())) {
      page.faults.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(server.url)) {
      page.faults.push(`request to elsewhere: ${request.url()}`);
    }
  });
  return page;
}
