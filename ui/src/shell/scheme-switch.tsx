import { IconButton, type IconName, type Scheme, useScheme } from "../kit";

const schemes: Record<Scheme, { next: Scheme; icon: IconName; label: string }> = {
  auto: { next: "light", icon: "auto", label: "Colours as the system has them; change to light" },
  light: { next: "dark", icon: "sun", label: "Light colours; change to dark" },
  dark: { next: "auto", icon: "moon", label: "Dark colours; change to the system's" },
};

/** Light, dark, or as the system has it. */
export function SchemeSwitch() {
  const { chosen, choose } = useScheme();
  const { next, icon, label } = schemes[chosen];
  return <IconButton icon={icon} label={label} onClick={() => choose(next)} />;
}
