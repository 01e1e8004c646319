/** The theme's colours, as a canvas needs them: read once, and again when the scheme changes. */

import type { Tone } from "./scene";

export interface Palette {
  ground: string;
  sunken: string;
  card: string;
  line: string;
  edge: string;
  ink: string;
  dim: string;
  accent: string;
  font: string;
  tones: Record<Tone, string>;
  grounds: Record<Tone, string>;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: colour("ground"),
    sunken: colour("sunken"),
    card: colour("raised"),
    line: colour("line-strong"),
    edge: colour("ink-3"),
    ink: colour("ink"),
    dim: colour("ink-2"),
    accent: colour("accent"),
    font: colour("font") || "sans-serif",
    tones: { ok: colour("ok"), bad: colour("bad"), warn: colour("warn"), busy: colour("busy"), idle: colour("idle") },
    grounds: {
      ok: colour("ok-ground"),
      bad: colour("bad-ground"),
      warn: colour("warn-ground"),
      busy: colour("busy-ground"),
      idle: colour("idle-ground"),
    },
  };
}

/** Calls back when the scheme changes; the answer ends that. */
export function watchScheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-mantine-color-scheme"] });
  const print = window.matchMedia("print");
  print.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    print.removeEventListener("change", changed);
  };
}
