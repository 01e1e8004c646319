/** What pages are made of. */

export { percentText, StateBadge, stateRank, stateWord, Tag } from "./badge";
export { Button, IconButton } from "./button";
export { Choice } from "./choice";
export { ConfirmDanger, Dialog, Drawer } from "./dialogs";
export { Field } from "./field";
export { type Facet, type FacetOption, FilterBar, type UrlState, useUrlState } from "./filter";
export { HelpSheet, type Shortcut, useShortcuts } from "./help";
export { Icon, type IconName } from "./icons";
export { CopyId, EntityLink, GivenLink, KindOf, OwnerLink, RunLink } from "./links";
export { Meter } from "./meter";
export { Notices, toast } from "./notice";
export { Card, Cards, Columns, Dim, Inline, List, Page, Properties, type Property, Section, Verbatim } from "./page";
export { CommandPalette, type PaletteItem } from "./palette";
export { useRemembered } from "./remembered";
export { type Column, type Failure, parseSort, type Rows, sortedRows } from "./rows";
export { Sparkline, type SparklineBar } from "./sparkline";
export { Split } from "./split";
export { EmptyState, ErrorPanel, Loaded, Skeleton } from "./states";
export { ResourceTable } from "./table";
export { type Scheme, Theme, useScheme } from "./theme";
export { ago, Duration, formatSeconds, HeardAgo, secondsBetween, TimeAgo } from "./time";
