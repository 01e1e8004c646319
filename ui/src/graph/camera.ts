/** Which part of a picture is seen, and how large. */

import type { Rect, Shape } from "./shape";

/** Larger than this shows nothing more. */
const SCALE_MAX = 2.5;
/** Fitting a small picture does not blow it up. */
const FIT_SCALE_MAX = 1.1;
const MARGIN = 24;

export class Camera {
  x = 0;
  y = 0;
  scale = 1;
  width = 1;
  height = 1;

  /** What is seen, in the units of the picture. */
  area(): Rect {
    const { x, y, scale } = this;
    return { left: x, top: y, right: x + this.width / scale, bottom: y + this.height / scale };
  }

  toWorld(px: number, py: number): { x: number; y: number } {
    return { x: this.x + px / this.scale, y: this.y + py / this.scale };
  }

  /** Shows all of it, in the middle. */
  fit(shape: Shape): void {
    this.scale = Math.min(FIT_SCALE_MAX, this.fitScale(shape));
    this.x = shape.width / 2 - this.width / 2 / this.scale;
    this.y = shape.height / 2 - this.height / 2 / this.scale;
  }

  panBy(dx: number, dy: number, shape: Shape): void {
    this.x += dx / this.scale;
    this.y += dy / this.scale;
    this.keepInSight(shape);
  }

  /** Larger or smaller; what is at a point of the canvas stays there. */
  zoomAt(px: number, py: number, factor: number, shape: Shape): void {
    const least = Math.min(1, this.fitScale(shape) * 0.7);
    const scale = Math.max(least, Math.min(SCALE_MAX, this.scale * factor));
    const at = this.toWorld(px, py);
    this.scale = scale;
    this.x = at.x - px / scale;
    this.y = at.y - py / scale;
    this.keepInSight(shape);
  }

  centre(x: number, y: number, shape: Shape): void {
    this.x = x - this.width / 2 / this.scale;
    this.y = y - this.height / 2 / this.scale;
    this.keepInSight(shape);
  }

  /** Moves no farther than it takes to show a rectangle. */
  reveal(rect: Rect): void {
    const margin = MARGIN / this.scale;
    const seen = this.area();
    if (rect.left - margin < seen.left) this.x = rect.left - margin;
    else if (rect.right + margin > seen.right) this.x += rect.right + margin - seen.right;
    if (rect.top - margin < seen.top) this.y = rect.top - margin;
    else if (rect.bottom + margin > seen.bottom) this.y += rect.bottom + margin - seen.bottom;
  }

  private fitScale(shape: Shape): number {
    const wide = (this.width - 2 * MARGIN) / Math.max(1, shape.width);
    const high = (this.height - 2 * MARGIN) / Math.max(1, shape.height);
    return Math.max(0.001, Math.min(wide, high));
  }

  /** However far one pans, a part of the picture stays in sight. */
  private keepInSight(shape: Shape): void {
    const [halfWidth, halfHeight] = [this.width / 2 / this.scale, this.height / 2 / this.scale];
    this.x = Math.max(-halfWidth, Math.min(shape.width - halfWidth, this.x));
    this.y = Math.max(-halfHeight, Math.min(shape.height - halfHeight, this.y));
  }
}
