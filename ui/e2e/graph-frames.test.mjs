/**
 * What a frame of a large graph costs: 10,000 nodes and 20,000 edges, moved about in and zoomed through all levels, on a
 * canvas of 1400 x 900 in a browser without a graphics card. The target is 50 ms for the worst frame.
 *
 * Each frame is painted and read back, so that its raster counts and not only its commands, three times: the best of them
 * is what the code costs, without what else the machine does.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";

const FRAME_MS_MAX = 50;
const CHROMIUM = process.env.BUSSOLA_CHROMIUM ?? "/usr/bin/chromium";

const surface = fileURLToPath(new URL("../src/graph/surface.ts", import.meta.url));
const shape = fileURLToPath(new URL("../src/graph/shape.ts", import.meta.url));
const theme = fileURLToPath(new URL("../src/theme.css", import.meta.url));

/** Runs in the page. */
const ENTRY = `
import { Surface } from ${JSON.stringify(surface)};
import { Shape } from ${JSON.stringify(shape)};
import ${JSON.stringify(theme)};

let state = 7;
const dice = (sides) => { state = (state * 16807) % 2147483647; return Math.floor((state / 2147483647) * sides); };
const LAYERS = 12, ROWS = 170, NODES = 10000, EDGES = 20000;
const perLayer = Math.ceil(NODES / LAYERS), columns = Math.ceil(perLayer / ROWS);
const boxes = Array.from({ length: NODES }, (_, node) => {
  const layer = Math.floor(node / perLayer), at = node % perLayer;
  return { x: layer * (columns * 204 + 300) + (at % columns) * 204, y: Math.floor(at / columns) * 56, w: 188, h: 40 };
});
const edges = Array.from({ length: EDGES }, () => {
  const to = perLayer + dice(NODES - perLayer), layer = Math.floor(to / perLayer);
  const back = dice(10) === 0 ? 1 + dice(layer) : 1;
  const near = Math.max(0, Math.min(perLayer - 1, (to % perLayer) + dice(21) - 10));
  return [(layer - back) * perLayer + near, to];
});
const width = Math.max(...boxes.map((box) => box.x + box.w)), height = Math.max(...boxes.map((box) => box.y + box.h));
const drawing = { structure: "measured", width, height, edges };
const tones = ["ok", "ok", "ok", "ok", "idle", "busy", "bad", "warn"];
const nodes = boxes.map((_, node) => ({
  key: "task " + node, title: "Settlement " + node, detail: "2026-03-02 · terminal A · 3.2 s", state: "DONE",
  tone: tones[dice(8)], isGroup: false, isCritical: node % 500 === 0, isForeign: false, isMiddle: false, shares: [], progress: undefined, spoken: "",
}));
const scene = { structure: "measured", shape: new Shape(boxes, drawing), nodes, critical: new Set([1, 2, 3]), start: 0 };
const canvas = document.querySelector("canvas");
const painted = new Surface(canvas, { onSelect() {}, onOpen() {} });
painted.show(scene);
const context = canvas.getContext("2d");
const once = () => { const start = performance.now(); painted.paintNow(); context.getImageData(0, 0, 1, 1); return performance.now() - start; };
const frame = () => Math.min(once(), once(), once());
window.measure = () => {
  const told = {};
  const run = (name, count, step) => { const all = []; for (let at = 0; at < count; at += 1) { step(at); all.push(frame()); } all.sort((a, b) => a - b);
    told[name] = { median: all[all.length >> 1], worst: all.at(-1) }; };
  painted.fit(); frame();
  run("pan, all in sight", 40, (at) => painted.pan(at % 2 ? 9 : -7, at % 3 ? 5 : -9));
  run("zoom in through all levels", 60, () => painted.zoom(1.09));
  run("pan, near", 40, () => painted.pan(37, 11));
  run("zoom out through all levels", 60, () => painted.zoom(1 / 1.09));
  painted.select(5000);
  run("zoom with a task selected", 60, (at) => painted.zoom(at < 30 ? 1.15 : 1 / 1.15));
  run("new statuses", 10, (at) => painted.show({ ...scene, nodes: nodes.map((node, number) => number % 10 === at ? { ...node, tone: "busy" } : node) }));
  return told;
};
`;

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
});
after(() => browser?.close());

async function bundled() {
  const name = "virtual:frames";
  const built = await build({
    configFile: false,
    logLevel: "error",
    plugins: [
      {
        name: "frames",
        resolveId: (id) => (id === name ? `\0${name}` : null),
        load: (id) => (id === `\0${name}` ? ENTRY : null),
      },
    ],
    build: { write: false, minify: false, rolldownOptions: { input: name } },
  });
  const parts = (Array.isArray(built) ? built : [built]).flatMap((one) => one.output);
  const code = parts.filter((part) => part.type === "chunk").map((part) => part.code);
  const css = parts.filter((part) => part.fileName.endsWith(".css")).map((part) => String(part.source));
  return { code: code.join("\n"), css: css.join("\n") };
}

test("no frame of a graph of 10,000 nodes takes longer than 50 ms", { timeout: 120_000 }, async () => {
  const { code, css } = await bundled();
  const page = await browser.newPage({ viewport: { width: 1440, height: 940 } });
  await page.setContent(
    `<style>${css} canvas { display: block; width: 1400px; height: 900px }</style><canvas></canvas>`,
  );
  await page.addScriptTag({ content: code, type: "module" });
  await page.waitForFunction(() => "measure" in window);
  const told = await page.evaluate(() => window.measure());
  if (process.env.BUSSOLA_SCREENSHOT) await page.screenshot({ path: process.env.BUSSOLA_SCREENSHOT });
  for (const [what, { median, worst }] of Object.entries(told)) {
    console.log(`${what}: median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`);
  }
  for (const [what, { worst }] of Object.entries(told))
    assert.ok(worst < FRAME_MS_MAX, `${what}: ${worst.toFixed(1)} ms`);
});
