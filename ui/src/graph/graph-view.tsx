/** A graph to look at, and the same as a table: whoever does not see the one, or uses no mouse, has the other. */

import { type ReactNode, useEffect, useId, useImperativeHandle, useRef, useState } from "react";
import { Button, Choice } from "../kit";
import css from "./graph.module.css";
import type { Scene } from "./scene";
import { Surface } from "./surface";

/** For whoever measures: nothing that a page calls. */
export interface GraphHandle {
  surface: Surface;
}

interface Props {
  /** What the graph is of. */
  label: string;
  scene: Scene;
  /** The key of the selected node. */
  selected: string | undefined;
  onSelect: (key: string | undefined) => void;
  /** A node was opened: by a double click, by Enter. */
  onOpen: (key: string) => void;
  /** The same as a table. */
  table: ReactNode;
  /** What else can be done: buttons before the usual ones. */
  tools?: ReactNode;
  /** Says what is not seen: that something was left out. */
  note?: ReactNode;
  handle?: React.Ref<GraphHandle>;
}

const FORMS = [
  { value: "graph", label: "Graph" },
  { value: "table", label: "Table" },
];

export function GraphView(props: Props) {
  const { label, scene, selected } = props;
  const [form, setForm] = useState("graph");
  return (
    <div className={css.frame}>
      <div className={css.tools}>
        {props.tools}
        {props.note && <span className={css.note}>{props.note}</span>}
        <span className={css.last}>
          <Choice label={`Show ${label} as`} options={FORMS} value={form} onChange={setForm} />
        </span>
      </div>
      {form === "table" ? props.table : <Stage {...props} scene={scene} selected={selected} />}
    </div>
  );
}

/** Around a graph: room for the buttons. */
const STAGE_MARGIN_PX = 120;

function Stage({ label, scene, selected, onSelect, onOpen, handle }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface | undefined>(undefined);
  const said = useId();
  // What the surface calls is always that of the latest render.
  const latest = useRef({ scene, onSelect, onOpen });
  latest.current = { scene, onSelect, onOpen };
  const node = scene.nodes.findIndex((one) => one.key === selected);

  useEffect(() => {
    if (!canvas.current) return;
    const keyOf = (at: number | undefined) => (at === undefined ? undefined : latest.current.scene.nodes[at]?.key);
    const made = new Surface(canvas.current, {
      onSelect: (at) => latest.current.onSelect(keyOf(at)),
      onOpen: (at) => {
        const key = keyOf(at);
        if (key !== undefined) latest.current.onOpen(key);
      },
    });
    surface.current = made;
    return () => {
      made.destroy();
      surface.current = undefined;
    };
  }, []);
  useEffect(() => surface.current?.show(scene), [scene]);
  useEffect(() => surface.current?.select(node < 0 ? undefined : node), [node]);
  useImperativeHandle(handle, () => ({
    get surface() {
      if (!surface.current) throw new Error("the graph is not shown");
      return surface.current;
    },
  }));

  const told = scene.nodes[node];
  return (
    // A small graph takes no more room than it fills.
    <div className={css.stage} style={{ height: `clamp(220px, ${scene.shape.height + STAGE_MARGIN_PX}px, 62vh)` }}>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it takes keys of its own, which is what the role says */}
      <canvas
        ref={canvas}
        className={css.canvas}
        tabIndex={0}
        role="application"
        aria-label={`${label}: ${scene.nodes.length} nodes. Arrows go along edges, Enter opens, plus and minus zoom. The table has all of it.`}
        aria-describedby={said}
      />
      <output id={said} className={css.unseen} aria-live="polite">
        {told?.spoken}
      </output>
      <div className={css.zoom}>
        <Button aria-label="Larger" title="Larger (+)" onClick={() => surface.current?.zoom(1.3)}>
          +
        </Button>
        <Button aria-label="Smaller" title="Smaller (-)" onClick={() => surface.current?.zoom(1 / 1.3)}>
          −
        </Button>
        <Button title="Show all (0)" onClick={() => surface.current?.fit()}>
          Fit
        </Button>
      </div>
    </div>
  );
}
