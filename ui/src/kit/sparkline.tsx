/** The last runs of something as bars: height is how long each took, colour and shape how it ended. */

import css from "./sparkline.module.css";
import { formatSeconds } from "./time";

export interface SparklineBar {
  seconds: number;
  outcome: "ok" | "bad" | "busy";
}

const BAR = 4;
const GAP = 2;
const HEIGHT = 20;

/** Oldest first. */
export function Sparkline({ bars, label }: { bars: SparklineBar[]; label: string }) {
  if (bars.length === 0) return <span className={css.none}>–</span>;
  const longest = Math.max(...bars.map((bar) => bar.seconds), Number.MIN_VALUE);
  const failed = bars.filter((bar) => bar.outcome === "bad").length;
  const words = `${label}: ${bars.length} runs, ${failed} not succeeded, the longest took ${formatSeconds(longest)}`;
  return (
    <svg
      role="img"
      aria-label={words}
      className={css.sparkline}
      width={bars.length * (BAR + GAP)}
      height={HEIGHT}
      viewBox={`0 0 ${bars.length * (BAR + GAP)} ${HEIGHT}`}
    >
      {bars.map((bar, index) => {
        const height = Math.max(3, Math.round((bar.seconds / longest) * (HEIGHT - 4)));
        const x = index * (BAR + GAP);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
          <g key={index} data-outcome={bar.outcome}>
            <rect x={x} y={HEIGHT - height} width={BAR} height={height} rx="1" />
            {/* Not by colour alone: what failed has a dot above. */}
            {bar.outcome === "bad" && <circle cx={x + BAR / 2} cy={Math.max(1.5, HEIGHT - height - 3)} r="1.5" />}
          </g>
        );
      })}
    </svg>
  );
}
