/** Mantine under our design: its variables are set in `theme.css`, and it adds no style tag to the page. */

import { createTheme, MantineProvider, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import "@mantine/core/styles/default-css-variables.layer.css";
import "@mantine/core/styles/global.layer.css";
import "@mantine/core/styles/UnstyledButton.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/Popover.layer.css";
import "@mantine/core/styles/Menu.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/Drawer.layer.css";
import "@mantine/core/styles/Input.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Checkbox.layer.css";
import "../theme.css";

const theme = createTheme({
  fontFamily: "var(--font)",
  respectReducedMotion: true,
  components: {
    Popover: { defaultProps: { shadow: "md", transitionProps: { duration: 80 } } },
    Menu: { defaultProps: { shadow: "md", transitionProps: { duration: 80 } } },
  },
});

export function Theme({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      {children}
    </MantineProvider>
  );
}

export type Scheme = "light" | "dark" | "auto";

/** What the viewer chose, and what is shown for it. */
export function useScheme(): { chosen: Scheme; shown: "light" | "dark"; choose: (scheme: Scheme) => void } {
  // Otherwise Mantine holds the transitions up with a style tag.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return { chosen: colorScheme, shown: useComputedColorScheme("light"), choose: setColorScheme };
}
