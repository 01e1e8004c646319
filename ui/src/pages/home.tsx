/** What needs somebody. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { failureOf, itemRows, paths, queries } from "../api";
import { Card, Cards, Dim, EmptyState, Inline, List, Loaded, OwnerLink, Page, ResourceTable, StateBadge } from "../kit";
import { runColumns } from "./run-columns";
import { TaskCounts } from "./task-counts";

const SHOWN_RUNS = 20;

export default function Home() {
  const status = useQuery(queries.status());
  const owners = useQuery(queries.owners());
  const failed = useInfiniteQuery(queries.runs({ outcome: "failed" }, SHOWN_RUNS));
  const failing = owners.data?.items.filter((owner) => owner.failing > 0) ?? [];
  return (
    <Page title="Home">
      <Loaded query={status} failure={failureOf(status.error, status.refetch)}>
        {({ catalog, tasks, runs_live, workers, ledger }) => (
          <Cards>
            <Card title="Failing now" tone={failing.length > 0 ? "bad" : undefined}>
              {failing.length === 0 ? (
                <Inline>
                  <StateBadge state="healthy" />
                  <Dim>nothing that ran is failing</Dim>
                </Inline>
              ) : (
                <List>
                  {failing.map(({ owner, failing }) => (
                    <li key={owner?.ref ?? owner?.name ?? ""}>
                      <OwnerLink owner={owner} />: {failing} {failing === 1 ? "component" : "components"}
                    </li>
                  ))}
                </List>
              )}
            </Card>
            <Card title="Tasks">
              <TaskCounts counts={tasks} />
            </Card>
            <Card title="Runs">
              <span>
                <Link to={paths.runs({ live: "true" })}>{runs_live} with a worker</Link>
              </span>
              <Dim>
                <Link to={paths.workers()}>
                  {workers} {workers === 1 ? "worker" : "workers"}
                </Link>
              </Dim>
            </Card>
            <Card title="Catalog">
              <span>
                <Link to={paths.catalog()}>{catalog.entities.toLocaleString()} entities</Link>
              </span>
              <Dim>
                <Link to={paths.catalog({ unowned: "true" })}>{catalog.unowned} that nobody answers for</Link>
              </Dim>
            </Card>
            <Card title="Ledger">
              <span>
                <Link to={paths.ledger()}>{ledger.size.toLocaleString()} entries</Link>
              </span>
              <Dim>
                root <code>{ledger.root.slice(0, 12)}</code>
              </Dim>
            </Card>
          </Cards>
        )}
      </Loaded>
      <ResourceTable
        name="Failed runs"
        title="Runs that failed"
        note={<Link to={paths.runs({ outcome: "failed" })}>all</Link>}
        rows={itemRows({ ...failed, data: failed.data?.pages[0]?.items })}
        columns={runColumns}
        rowKey={(run) => run.id}
        empty={
          <EmptyState title="No run has failed" icon="check">
            <p>
              What runs is under <Link to={paths.runs()}>Runs</Link>.
            </p>
          </EmptyState>
        }
      />
    </Page>
  );
}
