/**
 * Where everything in a graph stands: found by place, walked by edge. Made once for a picture; while statuses change it stays.
 *
 * INVARIANT: it knows nothing of statuses, texts or colours, so that what changes often costs nothing here.
 */

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The picture as the server tells it, without what its nodes are. */
export interface Drawing {
  structure: string;
  width: number;
  height: number;
  edges: number[][];
  back?: number[];
  bends?: number[][];
}

/** Cells of the index are as large as a few boxes with what is between them. */
const CELL = 512;

export class Shape {
  readonly width: number;
  readonly height: number;
  /** Ends of edges, two by two: from what is needed to what needs it. */
  readonly edges: Int32Array;
  /** Whether an edge runs from right to left. */
  readonly isBack: Uint8Array;
  /** Bounds of edges, four by four: left, top, right, bottom. */
  readonly edgeBounds: Float32Array;
  private readonly bends = new Map<number, number[]>();
  private readonly cells = new Map<number, number[]>();
  private readonly columns: number;
  private readonly ins: Lists;
  private readonly outs: Lists;

  constructor(
    readonly boxes: readonly Box[],
    drawing: Drawing,
  ) {
    this.width = drawing.width;
    this.height = drawing.height;
    this.columns = Math.ceil(drawing.width / CELL) + 1;
    this.edges = Int32Array.from(drawing.edges.flat());
    this.isBack = new Uint8Array(drawing.edges.length);
    for (const edge of drawing.back ?? []) this.isBack[edge] = 1;
    for (const [edge, ...points] of drawing.bends ?? []) if (edge !== undefined) this.bends.set(edge, points);
    for (const [node, box] of boxes.entries()) this.place(node, box);
    this.edgeBounds = new Float32Array(drawing.edges.length * 4);
    for (let edge = 0; edge < drawing.edges.length; edge += 1) this.edgeBounds.set(this.boundsOf(edge), edge * 4);
    this.ins = new Lists(boxes.length, this.edges, 1);
    this.outs = new Lists(boxes.length, this.edges, 0);
  }

  get edgeCount(): number {
    return this.isBack.length;
  }

  /** The x and y of each point that an edge passes, its ends included. */
  points(edge: number): number[] {
    const from = this.box(this.edges[edge * 2] ?? 0);
    const to = this.box(this.edges[edge * 2 + 1] ?? 0);
    const [start, end] = this.isBack[edge] ? [from.x, to.x + to.w] : [from.x + from.w, to.x];
    return [start, from.y + from.h / 2, ...(this.bends.get(edge) ?? []), end, to.y + to.h / 2];
  }

  box(node: number): Box {
    return this.boxes[node] ?? { x: 0, y: 0, w: 0, h: 0 };
  }

  /** Nodes that are at least partly within. */
  nodesIn(area: Rect): number[] {
    const found: number[] = [];
    this.forCells(area, (cell) => {
      for (const node of this.cells.get(cell) ?? []) {
        const box = this.box(node);
        const isIn = box.x < area.right && box.x + box.w > area.left && box.y < area.bottom && box.y + box.h > area.top;
        // A box over several cells is told by the first of them that is looked at.
        if (isIn && this.firstCell(box, area) === cell) found.push(node);
      }
    });
    return found;
  }

  nodeAt(x: number, y: number): number | undefined {
    return this.nodesIn({ left: x, top: y, right: x, bottom: y })[0];
  }

  /** What a node needs. */
  needs(node: number): Int32Array {
    return this.ins.of(node);
  }

  /** What needs a node. */
  neededBy(node: number): Int32Array {
    return this.outs.of(node);
  }

  /** Everything that a node needs and everything that needs it, itself included, as marks by number. */
  related(node: number): Uint8Array {
    const marks = new Uint8Array(this.boxes.length);
    for (const next of [this.ins, this.outs]) {
      const open = [node];
      marks[node] = 0;
      const seen = new Uint8Array(this.boxes.length);
      seen[node] = 1;
      while (open.length > 0) {
        const at = open.pop() ?? node;
        marks[at] = 1;
        for (const other of next.of(at)) {
          if (!seen[other]) {
            seen[other] = 1;
            open.push(other);
          }
        }
      }
    }
    return marks;
  }

  /** The nearest node in a direction from another: along an edge to the sides, within reach up and down. */
  neighbour(node: number, direction: "left" | "right" | "up" | "down"): number | undefined {
    const from = this.box(node);
    const distance = (other: number) => {
      const box = this.box(other);
      return Math.hypot(box.x - from.x, (box.y - from.y) * 2);
    };
    const nearest = (nodes: Iterable<number>) => {
      let best: number | undefined;
      for (const other of nodes) {
        if (other !== node && (best === undefined || distance(other) < distance(best))) best = other;
      }
      return best;
    };
    if (direction === "left") return nearest(this.needs(node));
    if (direction === "right") return nearest(this.neededBy(node));
    const column: Rect =
      direction === "up"
        ? { left: from.x, right: from.x + from.w, top: Number.NEGATIVE_INFINITY, bottom: from.y }
        : { left: from.x, right: from.x + from.w, top: from.y + from.h, bottom: Number.POSITIVE_INFINITY };
    return nearest(
      this.nodesIn({ ...column, top: Math.max(0, column.top), bottom: Math.min(this.height, column.bottom) }),
    );
  }

  private boundsOf(edge: number): [number, number, number, number] {
    const points = this.points(edge);
    let [left, top, right, bottom] = [points[0] ?? 0, points[1] ?? 0, points[0] ?? 0, points[1] ?? 0];
    for (let at = 0; at < points.length; at += 2) {
      left = Math.min(left, points[at] ?? left);
      right = Math.max(right, points[at] ?? right);
      top = Math.min(top, points[at + 1] ?? top);
      bottom = Math.max(bottom, points[at + 1] ?? bottom);
    }
    return [left, top, right, bottom];
  }

  private place(node: number, box: Box): void {
    this.forCells({ left: box.x, top: box.y, right: box.x + box.w, bottom: box.y + box.h }, (cell) => {
      const there = this.cells.get(cell);
      if (there) there.push(node);
      else this.cells.set(cell, [node]);
    });
  }

  private forCells(area: Rect, visit: (cell: number) => void): void {
    const last = { x: Math.floor(this.width / CELL), y: Math.floor(this.height / CELL) };
    const within = (value: number, most: number) => Math.max(0, Math.min(most, Math.floor(value / CELL)));
    for (let y = within(area.top, last.y); y <= within(area.bottom, last.y); y += 1) {
      for (let x = within(area.left, last.x); x <= within(area.right, last.x); x += 1) visit(y * this.columns + x);
    }
  }

  private firstCell(box: Box, area: Rect): number {
    const cell = (value: number, most: number) =>
      Math.max(0, Math.min(Math.floor(most / CELL), Math.floor(value / CELL)));
    const x = cell(Math.max(box.x, area.left), this.width);
    return cell(Math.max(box.y, area.top), this.height) * this.columns + x;
  }
}

/** Lists of neighbours, one after the other in one array. */
class Lists {
  private readonly starts: Int32Array;
  private readonly all: Int32Array;

  /** By which end of each edge: 0 lists what needs a node, 1 what it needs. */
  constructor(nodes: number, edges: Int32Array, by: 0 | 1) {
    this.starts = new Int32Array(nodes + 1);
    for (let at = by; at < edges.length; at += 2) this.count((edges[at] ?? 0) + 1, 1);
    for (let node = 1; node <= nodes; node += 1) this.count(node, this.starts[node - 1] ?? 0);
    this.all = new Int32Array(edges.length / 2);
    const next = this.starts.slice();
    for (let at = by; at < edges.length; at += 2) {
      const node = edges[at] ?? 0;
      const place = next[node] ?? 0;
      this.all[place] = edges[at ^ 1] ?? 0;
      next[node] = place + 1;
    }
  }

  of(node: number): Int32Array {
    return this.all.subarray(this.starts[node] ?? 0, this.starts[node + 1] ?? 0);
  }

  private count(at: number, more: number): void {
    this.starts[at] = (this.starts[at] ?? 0) + more;
  }
}
