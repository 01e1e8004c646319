/** Two parts side by side with a bar between them that can be moved; one above the other where there is no room. */

import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from "react";
import { useRemembered } from "./remembered";
import css from "./split.module.css";

interface Props {
  /** What is divided, for the bar's label and what is remembered. */
  name: string;
  first: ReactNode;
  second: ReactNode;
}

const PERCENT_MIN = 25;
const PERCENT_MAX = 75;
const STEP = 5;
const FIRST = 60;

const within = (percent: number) => Math.round(Math.max(PERCENT_MIN, Math.min(PERCENT_MAX, percent)));

export function Split({ name, first, second }: Props) {
  const [percent, choose] = useRemembered(`split.${name}`, FIRST);
  const box = useRef<HTMLDivElement>(null);
  const isHeld = useRef(false);
  const move = (event: PointerEvent) => {
    const bounds = box.current?.getBoundingClientRect();
    if (isHeld.current && bounds) choose(within(((event.clientX - bounds.left) / bounds.width) * 100));
  };
  const key = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowLeft: percent - STEP,
      ArrowRight: percent + STEP,
      Home: PERCENT_MIN,
      End: PERCENT_MAX,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(within(next));
  };
  return (
    <div className={css.frame}>
      <div
        className={css.split}
        ref={box}
        style={{ "--first": `${percent}fr`, "--second": `${100 - percent}fr` } as React.CSSProperties}
      >
        <div className={css.part}>{first}</div>
        {/* biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved */}
        <div
          className={css.bar}
          role="separator"
          tabIndex={0}
          aria-orientation="vertical"
          aria-label={`Width of the parts: ${name}`}
          aria-valuenow={percent}
          aria-valuemin={PERCENT_MIN}
          aria-valuemax={PERCENT_MAX}
          title="Drag to share the width otherwise; a double click evens it out"
          onKeyDown={key}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            isHeld.current = true;
          }}
          onPointerMove={move}
          onPointerUp={() => {
            isHeld.current = false;
          }}
          onPointerCancel={() => {
            isHeld.current = false;
          }}
          onDoubleClick={() => choose(FIRST)}
        />
        <div className={css.part}>{second}</div>
      </div>
    </div>
  );
}
