/** One of a few, all in sight. */

import css from "./choice.module.css";

interface Props {
  /** What is chosen, for screen readers. */
  label: string;
  options: readonly { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
}

export function Choice({ label, options, value, onChange }: Props) {
  return (
    <fieldset className={css.choice}>
      <legend className={css.label}>{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
