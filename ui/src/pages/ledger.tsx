/** What happened, as it was recorded. Newest first. */

import { useQuery } from "@tanstack/react-query";
import { itemRows, queries, type Schemas } from "../api";
import { type Column, CopyId, Dim, EmptyState, Page, ResourceTable, RunLink, TimeAgo } from "../kit";

const SHOWN = 500;

const columns: Column<Schemas["EntryView"]>[] = [
  { id: "seq", title: "Entry", width: 90, isNumber: true, cell: ({ seq }) => seq, text: ({ seq }) => `${seq}` },
  {
    id: "kind",
    title: "Kind",
    width: 180,
    isEssential: true,
    cell: ({ kind }) => <code>{kind}</code>,
    text: ({ kind }) => kind,
  },
  {
    id: "subject",
    title: "About",
    share: 3,
    isEssential: true,
    cell: ({ subject }) => <span title={subject}>{subject}</span>,
    text: ({ subject }) => subject,
  },
  { id: "at", title: "When", width: 120, cell: ({ at }) => <TimeAgo at={at} />, text: ({ at }) => at },
  { id: "by", title: "By", width: 120, cell: ({ principal }) => principal, text: ({ principal }) => principal },
  {
    id: "run",
    title: "Run",
    width: 90,
    cell: ({ run }) => (run ? <RunLink run={run} /> : null),
    text: ({ run }) => `${run ?? ""}`,
  },
  {
    id: "hash",
    title: "Hash",
    share: 2,
    cell: ({ hash }) => <CopyId text={hash} label="hash" />,
    text: ({ hash }) => hash,
  },
];

export default function Ledger() {
  const status = useQuery(queries.status());
  const size = status.data?.ledger.size ?? 0;
  const query = useQuery({
    ...queries.entries(Math.max(0, size - SHOWN), SHOWN),
    enabled: size > 0,
    placeholderData: (kept) => kept,
  });
  const entries = query.data?.items.toReversed();
  return (
    <Page
      title="Ledger"
      kind={status.data && <Dim>{size.toLocaleString()} entries</Dim>}
      lead={size > SHOWN ? `The last ${SHOWN} entries. All of them: bussola ledger export` : undefined}
    >
      <ResourceTable
        name="Ledger"
        rows={itemRows({
          ...query,
          data: size === 0 && status.data ? [] : entries,
          isPending: status.isPending || (size > 0 && query.isPending),
        })}
        columns={columns}
        rowKey={({ seq }) => seq}
        fills
        empty={<EmptyState title="Nothing has happened yet" icon="ledger" />}
      />
    </Page>
  );
}
