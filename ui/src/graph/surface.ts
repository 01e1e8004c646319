/**
 * A canvas that shows a scene and is moved about in: mouse, wheel, touch and keys in, selections and openings out.
 *
 * Paints when something has changed and never otherwise. Knows no React: that there is a page around it is not its matter.
 */

import { Camera } from "./camera";
import { type Look, Painter } from "./painter";
import { type Palette, readPalette, watchScheme } from "./palette";
import type { Scene } from "./scene";

export interface Handlers {
  /** A node was chosen, or none any more. */
  onSelect: (node: number | undefined) => void;
  /** A node is to be opened: a group is to be shown task by task, anything else in full. */
  onOpen: (node: number) => void;
  onHover?: (node: number | undefined) => void;
}

/** A press that moves less is a click. */
const CLICK_PX = 4;
const WHEEL_STEP = 0.0016;
const KEY_PAN_PX = 80;
const MAP_WIDTH_MAX = 180;
const MAP_HEIGHT_MAX = 120;
const MAP_MARGIN = 12;

interface Map {
  bitmap: HTMLCanvasElement;
  width: number;
  height: number;
}

export class Surface {
  private readonly context: CanvasRenderingContext2D;
  private readonly painter: Painter;
  private palette: Palette;
  private readonly camera = new Camera();
  private readonly look: Look = { selected: undefined, hovered: undefined, related: undefined, hasFocus: false };
  private readonly pointers = new globalThis.Map<number, { x: number; y: number }>();
  private readonly ends: (() => void)[] = [];
  private scene: Scene | undefined;
  private map: Map | undefined;
  private frame: number | undefined;
  private moved = 0;
  private isOnMap = false;
  private isFitted = false;
  /** The viewer chose what is seen; until then all of it is, whatever size the canvas takes. */
  private hasMoved = false;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly handlers: Handlers,
  ) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("this browser has no canvas to paint a graph on");
    this.context = context;
    this.palette = readPalette(canvas);
    this.painter = new Painter(context, this.palette);
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(canvas);
    this.ends.push(
      () => observer.disconnect(),
      watchScheme(() => {
        this.palette = readPalette(canvas);
        this.painter.recolour(this.palette);
        this.map = undefined;
        this.request();
      }),
    );
    this.listen();
    this.resize();
  }

  destroy(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    for (const end of this.ends) end();
  }

  /** Shows another scene. Where nothing has moved the view stays, and so does what is selected. */
  show(scene: Scene): void {
    const before = this.scene;
    this.scene = scene;
    this.map = undefined;
    if (before && before.shape !== scene.shape) {
      const key = this.look.selected === undefined ? undefined : before.nodes[this.look.selected]?.key;
      this.look.hovered = undefined;
      const node = key === undefined ? -1 : scene.nodes.findIndex((one) => one.key === key);
      this.mark(node < 0 ? undefined : node);
      // What is selected stays where it was on the canvas, though all around it moves.
      if (node >= 0) this.bringIntoView(node);
      else this.fit();
    } else if (!before || !this.isFitted) {
      this.fit();
    }
    this.request();
  }

  /** Selects a node from outside, and shows where it is. */
  select(node: number | undefined): void {
    if (node === this.look.selected) return;
    this.mark(node);
    if (node !== undefined) this.bringIntoView(node);
    this.request();
  }

  fit(): void {
    if (this.scene) {
      this.camera.fit(this.scene.shape);
      this.isFitted = this.camera.width > 1;
      this.hasMoved = false;
    }
    this.request();
  }

  /** Larger or smaller, around the middle. */
  zoom(factor: number): void {
    this.zoomAt(this.camera.width / 2, this.camera.height / 2, factor);
  }

  /** Moves the view by pixels of the canvas. */
  pan(dx: number, dy: number): void {
    this.hasMoved = true;
    if (this.scene) this.camera.panBy(dx, dy, this.scene.shape);
    this.request();
  }

  /** Paints at once: for whoever measures, and for print. */
  paintNow(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.frame = undefined;
    this.paint();
  }

  private mark(node: number | undefined): void {
    this.look.selected = node;
    this.look.related = node === undefined ? undefined : this.scene?.shape.related(node);
  }

  private bringIntoView(node: number): void {
    const box = this.scene?.shape.box(node);
    if (!box) return;
    this.camera.reveal({ left: box.x, top: box.y, right: box.x + box.w, bottom: box.y + box.h });
  }

  private request(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.paint();
    });
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = window.devicePixelRatio || 1;
    if (width === 0 || height === 0) return;
    const isFirst = this.camera.width <= 1;
    this.camera.width = width;
    this.camera.height = height;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    if (isFirst || !this.isFitted || !this.hasMoved) this.fit();
    // Setting the size has emptied the canvas: a frame later would show.
    this.paintNow();
  }

  private paint(): void {
    const { scene, camera } = this;
    if (!scene || camera.width <= 1) return;
    const ratio = this.canvas.width / camera.width;
    this.painter.paint(scene, camera, this.look, ratio);
    this.paintMap(scene, ratio);
  }

  /** Whether there is more than is seen; only then a map helps. */
  private needsMap(scene: Scene): boolean {
    const seen = this.camera.area();
    const { width, height } = scene.shape;
    return seen.left > 0 || seen.top > 0 || seen.right < width || seen.bottom < height;
  }

  private paintMap(scene: Scene, ratio: number): void {
    if (!this.needsMap(scene)) return;
    this.map ??= this.drawMap(scene, ratio);
    const place = this.mapPlace(this.map);
    const { context: c, camera, palette } = this;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.globalAlpha = 0.94;
    c.drawImage(this.map.bitmap, place.x, place.y, place.width, place.height);
    c.globalAlpha = 1;
    c.strokeStyle = palette.line;
    c.lineWidth = 1;
    c.strokeRect(place.x - 0.5, place.y - 0.5, place.width + 1, place.height + 1);
    const scale = place.width / Math.max(1, scene.shape.width);
    const seen = camera.area();
    const left = Math.max(0, seen.left) * scale;
    const top = Math.max(0, seen.top) * scale;
    const right = Math.min(scene.shape.width, seen.right) * scale;
    const bottom = Math.min(scene.shape.height, seen.bottom) * scale;
    c.strokeStyle = palette.accent;
    c.lineWidth = 1.5;
    c.strokeRect(place.x + left, place.y + top, Math.max(3, right - left), Math.max(3, bottom - top));
  }

  private drawMap(scene: Scene, ratio: number): Map {
    const { width, height } = scene.shape;
    const scale = Math.min(MAP_WIDTH_MAX / Math.max(1, width), MAP_HEIGHT_MAX / Math.max(1, height));
    const size = { width: Math.max(24, width * scale), height: Math.max(8, height * scale) };
    const bitmap = document.createElement("canvas");
    bitmap.width = Math.ceil(size.width * ratio);
    bitmap.height = Math.ceil(size.height * ratio);
    const context = bitmap.getContext("2d", { alpha: false });
    if (context) new Painter(context, this.palette).map(scene, bitmap.width, bitmap.height);
    return { bitmap, ...size };
  }

  private mapPlace(map: Map): { x: number; y: number; width: number; height: number } {
    const { width, height } = map;
    return { x: this.camera.width - width - MAP_MARGIN, y: this.camera.height - height - MAP_MARGIN, width, height };
  }

  private zoomAt(x: number, y: number, factor: number): void {
    this.hasMoved = true;
    if (this.scene) this.camera.zoomAt(x, y, factor, this.scene.shape);
    this.request();
  }

  private listen(): void {
    const { canvas } = this;
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      handle: (event: HTMLElementEventMap[K]) => void,
      options?: AddEventListenerOptions,
    ) => {
      canvas.addEventListener(type, handle, options);
      this.ends.push(() => canvas.removeEventListener(type, handle, options));
    };
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", (event) => this.pointers.delete(event.pointerId));
    on("pointerleave", () => this.hover(undefined));
    on("dblclick", (event) => this.open(this.nodeUnder(event)));
    // Not passive: what zooms the graph must not scroll the page.
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("keydown", (event) => this.key(event));
    on("focus", () => this.focus(true));
    on("blur", () => this.focus(false));
  }

  private focus(hasFocus: boolean): void {
    this.look.hasFocus = hasFocus;
    this.request();
  }

  private press(event: PointerEvent): void {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.moved = 0;
    this.isOnMap = this.followMap(event.offsetX, event.offsetY);
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    const { offsetX: x, offsetY: y } = event;
    if (!before) {
      this.hover(this.nodeUnder(event));
      return;
    }
    const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, { x, y });
    this.moved += Math.hypot(x - before.x, y - before.y);
    if (this.isOnMap) {
      this.followMap(x, y);
    } else if (other) {
      // Two fingers: what is between them stays between them.
      const [was, is] = [Math.hypot(before.x - other.x, before.y - other.y), Math.hypot(x - other.x, y - other.y)];
      this.pan((before.x - x) / 2, (before.y - y) / 2);
      if (was > 0 && is > 0) this.zoomAt((x + other.x) / 2, (y + other.y) / 2, is / was);
    } else if (this.moved > CLICK_PX) {
      this.pan(before.x - x, before.y - y);
    }
  }

  private release(event: PointerEvent): void {
    const wasDown = this.pointers.delete(event.pointerId);
    if (wasDown && this.moved <= CLICK_PX && !this.isOnMap && this.pointers.size === 0) {
      this.choose(this.nodeUnder(event));
    }
    this.isOnMap = false;
  }

  /** Goes where the map is pressed; tells whether it is. */
  private followMap(px: number, py: number): boolean {
    const { scene, map } = this;
    if (!scene || !map || !this.needsMap(scene)) return false;
    const place = this.mapPlace(map);
    const [x, y] = [px - place.x, py - place.y];
    const isOn = x >= 0 && y >= 0 && x <= place.width && y <= place.height;
    if (!isOn && !this.isOnMap) return false;
    this.hasMoved = true;
    this.camera.centre((x / place.width) * scene.shape.width, (y / place.height) * scene.shape.height, scene.shape);
    this.request();
    return true;
  }

  private wheel(event: WheelEvent): void {
    const isPinch = event.ctrlKey || event.metaKey;
    // Scrolling past a graph scrolls the page, until the graph is worked with.
    if (!isPinch && document.activeElement !== this.canvas) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.shiftKey) this.pan(event.deltaY * lines + event.deltaX * lines, 0);
    else this.zoomAt(event.offsetX, event.offsetY, Math.exp(-event.deltaY * lines * WHEEL_STEP * (isPinch ? 4 : 1)));
  }

  private key(event: KeyboardEvent): void {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const directions = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" } as const;
    const direction = directions[event.key as keyof typeof directions];
    if (direction) this.arrow(direction, event.shiftKey);
    else if (event.key === "+" || event.key === "=") this.zoom(1.3);
    else if (event.key === "-") this.zoom(1 / 1.3);
    else if (event.key === "0") this.fit();
    else if (event.key === "Enter" || event.key === " ") this.open(this.look.selected);
    else if (event.key === "Escape" && this.look.selected !== undefined) this.choose(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** From node to node; with Shift the view moves. Without a node the first step goes to what the graph is of. */
  private arrow(direction: "left" | "right" | "up" | "down", isPan: boolean): void {
    const { scene, look } = this;
    if (!scene) return;
    if (isPan) {
      const steps = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] } as const;
      const [x, y] = steps[direction];
      this.pan(x * KEY_PAN_PX, y * KEY_PAN_PX);
      return;
    }
    const next = look.selected === undefined ? scene.start : scene.shape.neighbour(look.selected, direction);
    if (next === undefined || !scene.nodes[next]) return;
    this.choose(next);
    this.bringIntoView(next);
  }

  private choose(node: number | undefined): void {
    this.mark(node);
    this.handlers.onSelect(node);
    this.request();
  }

  private open(node: number | undefined): void {
    if (node !== undefined) this.handlers.onOpen(node);
  }

  private hover(node: number | undefined): void {
    if (node === this.look.hovered) return;
    this.look.hovered = node;
    this.canvas.style.cursor = node === undefined ? "" : "pointer";
    this.handlers.onHover?.(node);
    this.request();
  }

  private nodeUnder(event: MouseEvent): number | undefined {
    const at = this.camera.toWorld(event.offsetX, event.offsetY);
    return this.scene?.shape.nodeAt(at.x, at.y);
  }
}
