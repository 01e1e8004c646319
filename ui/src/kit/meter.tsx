/** How much of something is taken, or done, as a bar; the figures stand beside it. */

import css from "./meter.module.css";

interface Props {
  used: number;
  total: number;
  label: string;
  /** All of it is what is wanted, and no shortage. */
  isGood?: boolean;
  /** Beside the bar. */
  figure?: string | undefined;
}

export function Meter({ used, total, label, isGood, figure }: Props) {
  const share = total > 0 ? Math.min(1, used / total) : used > 0 ? 1 : 0;
  const bar = (
    <svg className={css.meter} role="img" aria-label={label} viewBox="0 0 100 8" preserveAspectRatio="none">
      <rect className={css.ground} width="100" height="8" rx="2" />
      {share > 0 && (
        <rect
          className={css.taken}
          data-full={(share >= 1 && !isGood) || undefined}
          width={share * 100}
          height="8"
          rx="2"
        />
      )}
    </svg>
  );
  if (!figure) return bar;
  return (
    <span className={css.beside}>
      {bar}
      {figure}
    </span>
  );
}
