/** A field of a form: its label stands above, what it takes and what is wrong with it below. */

import { type ComponentProps, useId } from "react";
import css from "./field.module.css";

interface FieldProps extends Omit<ComponentProps<"input">, "id" | "className"> {
  label: string;
  /** What may be written. */
  note?: string;
  /** What is wrong with what is written. */
  fault?: string | undefined;
}

export function Field({ label, note, fault, ...input }: FieldProps) {
  const id = useId();
  const told = [note && `${id}-note`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-invalid={fault ? true : undefined} aria-describedby={told || undefined} {...input} />
      {note && (
        <span id={`${id}-note`} className={css.note}>
          {note}
        </span>
      )}
      {fault && (
        <span id={`${id}-fault`} className={css.fault} role="alert">
          {fault}
        </span>
      )}
    </div>
  );
}
