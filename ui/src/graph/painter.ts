/**
 * Paints a scene on a canvas. What is far away is told by colour alone, nearer come names, then what is known of each node.
 *
 * Only what is in sight is painted, and of a graph of thousands of edges seen from afar only so many as make the same
 * picture: a frame's cost depends on the canvas, not on the graph.
 */

import type { Camera } from "./camera";
import type { Palette } from "./palette";
import type { Scene, SceneNode, Tone } from "./scene";
import type { Box, Rect, Shape } from "./shape";

/** From here on nodes have names. Below, a letter would be smaller than anybody reads. */
const NAMES_FROM = 0.38;
/** From here on they have all that is known of them. */
const DETAILS_FROM = 0.78;
/** LIMIT: nodes in sight whose names are written below them, while they are too small to hold them. */
const LABELS_MAX = 120;
/** How much wider than its block a name may be: layers are that far apart. */
const LABEL_SPREAD = 1.25;
/** LIMIT: edges in one frame. Seen from afar more only make a surface grey, and each costs as much as a node. */
const EDGES_PAINTED_MAX = 6_000;
/** From so many edges on each is faint. */
const FAINT_FROM = 1_000;
/** Below this scale edges are straight: their curves are smaller than a few pixels. */
const CURVES_FROM = 0.12;
/** LIMIT: texts that are known to fit. */
const FITTED_MAX = 5_000;
/** How far the ends of a curve run level, at most. */
const LEVEL_MAX = 120;

/** What the viewer points at. */
export interface Look {
  selected: number | undefined;
  hovered: number | undefined;
  /** What hangs together with the selected node. */
  related: Uint8Array | undefined;
  hasFocus: boolean;
}

export class Painter {
  private readonly fitted = new Map<string, string>();

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private palette: Palette,
  ) {}

  recolour(palette: Palette): void {
    this.palette = palette;
  }

  paint(scene: Scene, camera: Camera, look: Look, ratio: number): void {
    const { context: c, palette } = this;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.globalAlpha = 1;
    c.fillStyle = palette.sunken;
    c.fillRect(0, 0, Math.ceil(camera.width * ratio), Math.ceil(camera.height * ratio));
    const scale = camera.scale * ratio;
    c.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
    const area = camera.area();
    this.edges(scene, camera, look, area);
    const nodes = scene.shape.nodesIn(area);
    if (camera.scale < NAMES_FROM) this.blocks(scene, nodes, look, camera);
    else this.cards(scene, nodes, look, camera);
  }

  /** The picture as a whole, as blocks: for the small map. */
  map(scene: Scene, width: number, height: number): void {
    const { context: c, palette } = this;
    const scale = width / Math.max(1, scene.shape.width);
    c.fillStyle = palette.card;
    c.fillRect(0, 0, width, height);
    for (const [node, told] of scene.nodes.entries()) {
      const box = scene.shape.box(node);
      c.fillStyle = palette.tones[told.tone];
      c.globalAlpha = strength(told.tone);
      // Whatever is there is seen, if only as a point.
      c.fillRect(box.x * scale, box.y * scale, Math.max(1, box.w * scale), Math.max(1, box.h * scale));
    }
    c.globalAlpha = 1;
  }

  private edges(scene: Scene, camera: Camera, look: Look, area: Rect): void {
    const { context: c, palette } = this;
    const { shape } = scene;
    const { edgeBounds: bounds, edges } = shape;
    const focus = look.selected ?? look.hovered;
    const plain: number[] = [];
    const back: number[] = [];
    const strong: number[] = [];
    const lit: number[] = [];
    for (let edge = 0; edge < shape.edgeCount; edge += 1) {
      const at = edge * 4;
      const isSeen =
        (bounds[at] ?? 0) < area.right &&
        (bounds[at + 2] ?? 0) > area.left &&
        (bounds[at + 1] ?? 0) <= area.bottom &&
        (bounds[at + 3] ?? 0) >= area.top;
      if (!isSeen) continue;
      const from = edges[edge * 2] ?? 0;
      const to = edges[edge * 2 + 1] ?? 0;
      const isLit = look.related ? look.related[from] === 1 && look.related[to] === 1 : from === focus || to === focus;
      if (focus !== undefined && isLit) lit.push(edge);
      else if (scene.critical.has(edge)) strong.push(edge);
      else (shape.isBack[edge] ? back : plain).push(edge);
    }
    const hair = Math.max(1.1, 0.9 / camera.scale);
    const isDimmed = look.related !== undefined;
    const isCurved = camera.scale >= CURVES_FROM;
    c.lineJoin = "round";
    c.strokeStyle = palette.edge;
    // With many edges each is faint, so that dense places look dense and not black.
    c.globalAlpha = isDimmed ? 0.2 : plain.length > FAINT_FROM ? 0.3 : 0.75;
    c.lineWidth = hair;
    this.strokeAll(shape, sampled(plain), isCurved);
    c.setLineDash([6 / Math.min(1, camera.scale), 4 / Math.min(1, camera.scale)]);
    this.strokeAll(shape, sampled(back), isCurved);
    c.setLineDash([]);
    c.globalAlpha = isDimmed ? 0.5 : 1;
    c.strokeStyle = palette.ink;
    c.lineWidth = hair * 2;
    this.strokeAll(shape, strong, isCurved);
    c.globalAlpha = 1;
    c.strokeStyle = palette.accent;
    c.lineWidth = hair * 1.5;
    this.strokeAll(shape, sampled(lit), isCurved);
  }

  private strokeAll(shape: Shape, edges: number[], isCurved: boolean): void {
    if (edges.length === 0) return;
    const { context: c } = this;
    c.beginPath();
    for (const edge of edges) trace(c, shape.points(edge), isCurved);
    c.stroke();
  }

  private blocks(scene: Scene, nodes: number[], look: Look, camera: Camera): void {
    const { context: c, palette } = this;
    // At least a pixel and a half, so that a block does not vanish between pixels.
    const least = 1.5 / camera.scale;
    for (const node of nodes) {
      const told = scene.nodes[node];
      if (!told) continue;
      const box = scene.shape.box(node);
      const isDimmed = look.related !== undefined && look.related[node] !== 1;
      const faint = isDimmed ? 0.25 : 1;
      if (told.isGroup) {
        this.shares(told, { ...box, w: Math.max(box.w, least) }, faint);
        continue;
      }
      c.globalAlpha = faint * strength(told.tone);
      c.fillStyle = palette.tones[told.tone];
      c.fillRect(box.x, box.y, Math.max(box.w, least), Math.max(box.h, least));
    }
    c.globalAlpha = 1;
    if (nodes.length <= LABELS_MAX) this.labels(scene, nodes, look, camera);
    for (const node of nodes) {
      const told = scene.nodes[node];
      if (told?.isCritical) this.frame(scene.shape.box(node), palette.ink, 1.5 / camera.scale, 2);
    }
    this.pointedAt(scene, look, camera);
  }

  /** Names below blocks, as large on the screen as they are elsewhere: where few nodes are far apart there is room for them. */
  private labels(scene: Scene, nodes: number[], look: Look, camera: Camera): void {
    const { context: c, palette } = this;
    const size = 10.5 / camera.scale;
    const room = (LABEL_SPREAD * camera.scale).toFixed(1);
    c.font = `600 ${size}px ${palette.font}`;
    c.textBaseline = "top";
    c.textAlign = "center";
    c.fillStyle = palette.ink;
    c.strokeStyle = palette.sunken;
    c.lineWidth = 3 / camera.scale;
    for (const node of nodes) {
      const told = scene.nodes[node];
      const box = scene.shape.box(node);
      // What would be cut to a few letters says nothing.
      if (!told || box.w * camera.scale < 44) continue;
      const bottom = box.y + box.h;
      const below = { left: box.x, right: box.x + box.w, top: bottom + 1, bottom: bottom + 17 / camera.scale };
      if (scene.shape.nodesIn(below).length > 0) continue;
      c.globalAlpha = look.related && look.related[node] !== 1 ? 0.35 : 1;
      const text = this.fit(told.title, box.w * LABEL_SPREAD, `l${room}`);
      const [x, y] = [box.x + box.w / 2, box.y + box.h + 5 / camera.scale];
      // Lines that run below it would make it hard to read.
      c.strokeText(text, x, y);
      c.fillText(text, x, y);
    }
    c.globalAlpha = 1;
    c.textAlign = "start";
  }

  /** How many members of a group are how far, side by side. */
  private shares(told: SceneNode, box: Box, faint: number): void {
    const { context: c, palette } = this;
    const total = told.shares.reduce((sum, [, count]) => sum + count, 0);
    let x = box.x;
    for (const [tone, count] of told.shares) {
      if (count === 0) continue;
      const share = (count / Math.max(1, total)) * box.w;
      c.globalAlpha = faint * strength(tone);
      c.fillStyle = palette.tones[tone];
      // One failed task of a thousand is seen all the same.
      c.fillRect(x, box.y, Math.max(box.w / 60, share), box.h);
      x += share;
    }
    c.globalAlpha = 1;
  }

  private cards(scene: Scene, nodes: number[], look: Look, camera: Camera): void {
    const { context: c, palette } = this;
    for (const node of nodes) {
      const told = scene.nodes[node];
      if (!told) continue;
      const box = scene.shape.box(node);
      c.globalAlpha = look.related && look.related[node] !== 1 ? 0.35 : 1;
      this.card(box, told, palette);
      if (camera.scale < DETAILS_FROM) this.name(box, told, camera.scale);
      else this.details(box, told);
    }
    c.globalAlpha = 1;
    this.pointedAt(scene, look, camera);
  }

  private card(box: Box, told: SceneNode, palette: Palette): void {
    const { context: c } = this;
    if (told.isGroup) {
      // A second sheet behind the first says that there are more.
      c.fillStyle = palette.card;
      c.strokeStyle = palette.line;
      c.lineWidth = 1;
      rounded(c, box.x + 4, box.y + 4, box.w, box.h);
      c.fill();
      c.stroke();
    }
    c.fillStyle = palette.card;
    rounded(c, box.x, box.y, box.w, box.h);
    c.fill();
    // Colour says the state; a ground of the same tone makes what is not well stand out.
    if (told.tone !== "ok" && told.tone !== "idle") {
      c.fillStyle = palette.grounds[told.tone];
      c.fill();
    }
    c.strokeStyle = told.isCritical || told.isMiddle ? palette.ink : palette.line;
    c.lineWidth = told.isCritical || told.isMiddle ? 2 : 1;
    if (told.isForeign) c.setLineDash([5, 4]);
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = palette.tones[told.tone];
    c.fillRect(box.x + 6, box.y + 7, 4, box.h - 14);
  }

  private name(box: Box, told: SceneNode, scale: number): void {
    const { context: c, palette } = this;
    const size = Math.round(Math.max(12, Math.min(20, 10.5 / scale)));
    c.font = `600 ${size}px ${palette.font}`;
    c.textBaseline = "middle";
    c.fillStyle = palette.ink;
    c.fillText(this.fit(told.title, box.w - 26, `n${size}`), box.x + 17, box.y + box.h / 2);
  }

  private details(box: Box, told: SceneNode): void {
    const { context: c, palette } = this;
    c.textBaseline = "alphabetic";
    c.font = `600 12px ${palette.font}`;
    c.fillStyle = palette.ink;
    c.fillText(this.fit(told.title, box.w - 26, "t"), box.x + 17, box.y + 17);
    c.font = `10.5px ${palette.font}`;
    c.fillStyle = palette.dim;
    c.fillText(this.fit(told.detail, box.w - 26, "d"), box.x + 17, box.y + 32);
    if (told.isGroup) this.shares(told, { x: box.x + 17, y: box.y + box.h - 11, w: box.w - 26, h: 4 }, 1);
    else if (told.progress !== undefined) this.progress(told, box);
  }

  /** How far a task is, along its lower side. */
  private progress(told: SceneNode, box: Box): void {
    const { context: c, palette } = this;
    const [x, y, width] = [box.x + 6, box.y + box.h - 4, box.w - 12];
    c.fillStyle = palette.line;
    c.fillRect(x, y, width, 2.5);
    c.fillStyle = palette.tones[told.tone];
    c.fillRect(x, y, width * (told.progress ?? 0), 2.5);
  }

  private pointedAt(scene: Scene, look: Look, camera: Camera): void {
    const { palette } = this;
    const width = 2.5 / Math.min(1, camera.scale);
    if (look.hovered !== undefined && look.hovered !== look.selected) {
      this.frame(scene.shape.box(look.hovered), palette.dim, width * 0.7, 0);
    }
    if (look.selected !== undefined) this.frame(scene.shape.box(look.selected), palette.accent, width, width);
  }

  private frame(box: Box, colour: string, width: number, outside: number): void {
    const { context: c } = this;
    c.strokeStyle = colour;
    c.lineWidth = width;
    rounded(c, box.x - outside, box.y - outside, box.w + 2 * outside, box.h + 2 * outside);
    c.stroke();
  }

  /** A text as far as there is room, in the font that is set; `font` names that font. */
  private fit(text: string, width: number, font: string): string {
    const key = `${font} ${width} ${text}`;
    const known = this.fitted.get(key);
    if (known !== undefined) return known;
    let shown = text;
    if (this.context.measureText(text).width > width) {
      let [fits, over] = [0, text.length];
      while (over - fits > 1) {
        const middle = (fits + over) >> 1;
        if (this.context.measureText(`${text.slice(0, middle)}…`).width <= width) fits = middle;
        else over = middle;
      }
      shown = `${text.slice(0, fits).trimEnd()}…`;
    }
    if (this.fitted.size >= FITTED_MAX) this.fitted.clear();
    this.fitted.set(key, shown);
    return shown;
  }
}

/** What is well or waits recedes, so that what needs somebody is seen from afar. */
function strength(tone: Tone): number {
  return tone === "ok" ? 0.6 : tone === "idle" ? 0.35 : 1;
}

/** At most as many as one frame has, spread evenly. */
function sampled(edges: number[]): number[] {
  if (edges.length <= EDGES_PAINTED_MAX) return edges;
  const step = edges.length / EDGES_PAINTED_MAX;
  return Array.from({ length: EDGES_PAINTED_MAX }, (_, at) => edges[Math.floor(at * step)] ?? 0);
}

function rounded(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number): void {
  c.beginPath();
  c.roundRect(x, y, w, h, 5);
}

/** Level at both ends and between points at the same height, curved elsewhere. */
function trace(c: CanvasRenderingContext2D, points: number[], isCurved: boolean): void {
  let x = points[0] ?? 0;
  let y = points[1] ?? 0;
  c.moveTo(x, y);
  for (let at = 2; at < points.length; at += 2) {
    const nextX = points[at] ?? x;
    const nextY = points[at + 1] ?? y;
    if (!isCurved || nextY === y) {
      c.lineTo(nextX, nextY);
    } else {
      const level = Math.max(-LEVEL_MAX, Math.min(LEVEL_MAX, (nextX - x) / 2));
      c.bezierCurveTo(x + level, y, nextX - level, nextY, nextX, nextY);
    }
    x = nextX;
    y = nextY;
  }
}
