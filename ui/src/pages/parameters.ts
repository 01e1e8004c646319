import type { Schemas } from "../api";

/** A parameter's value as one would write it. */
export function parameterText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** All of them on one line. */
export function parametersText(parameters: Schemas["Parameter"][]): string {
  return parameters.map(({ name, value }) => `${name}=${parameterText(value)}`).join(" ");
}
