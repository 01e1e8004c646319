import { useLocalStorage } from "@mantine/hooks";

/** What this viewer chose, kept in this browser and shared by its tabs. */
export function useRemembered<T>(name: string, otherwise: T): [T, (value: T) => void] {
  const [value, setValue] = useLocalStorage<T>({
    key: `bussola.${name}`,
    defaultValue: otherwise,
    // Read at once: a page that begins with another choice would ask for the wrong things first.
    getInitialValueInEffect: false,
  });
  return [value, setValue];
}
