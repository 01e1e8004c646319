import { type ComponentProps, forwardRef, type ReactNode } from "react";
import css from "./button.module.css";
import { Icon, type IconName } from "./icons";

interface ButtonProps extends Omit<ComponentProps<"button">, "type"> {
  kind?: "plain" | "primary" | "danger";
  icon?: IconName;
  /** Why it cannot be pressed now. Said in its tooltip, and to screen readers; it stays in place. */
  disabledBecause?: string | undefined;
  children?: ReactNode;
}

export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { kind = "plain", icon, disabledBecause, onClick, children, className, ...rest },
  ref,
) {
  return (
    <button
      ref={ref}
      type="button"
      className={[css.button, className].filter(Boolean).join(" ")}
      data-kind={kind}
      aria-disabled={disabledBecause ? true : undefined}
      title={disabledBecause}
      onClick={disabledBecause ? undefined : onClick}
      {...rest}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
});

interface IconButtonProps extends Omit<ComponentProps<"button">, "type" | "title" | "children"> {
  icon: IconName;
  /** What it does, for those who cannot make out the icon. */
  label: string;
}

export const IconButton = forwardRef<HTMLButtonElement, IconButtonProps>(function IconButton(
  { icon, label, className, ...rest },
  ref,
) {
  return (
    <button
      ref={ref}
      type="button"
      className={[css.button, css.icon, className].filter(Boolean).join(" ")}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
});
