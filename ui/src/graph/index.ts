/** Graphs and the time line. Heavy, so pages load it when they show one: `lazy(() => import("../graph"))`. */

export { ComponentGraph } from "./component-graph";
export type { GraphHandle } from "./graph-view";
export { TaskGraph } from "./task-graph";
export { RunTimeline } from "./timeline";
