/** What was executed, newest first. */

import { useRunRows } from "../api";
import { EmptyState, FilterBar, Page, ResourceTable, stateWord, useUrlState } from "../kit";
import { runColumns } from "./run-columns";

const outcomes = ["running", "failed", "incomplete", "lost", "succeeded"];

export default function Runs() {
  const state = useUrlState();
  const filter = {
    text: state.get("text")?.trim() || undefined,
    outcome: state.get("outcome"),
    pipeline: state.get("pipeline"),
    worker_here: state.get("worker_here") === "true" || undefined,
  };
  const rows = useRunRows(filter);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <Page title="Runs">
      <ResourceTable
        name="Runs"
        rows={rows}
        columns={runColumns}
        rowKey={(run) => run.id}
        fills
        tools={
          <FilterBar
            searchLabel="Pipeline, task, host or user"
            state={state}
            facets={[
              {
                id: "outcome",
                title: "Outcome",
                options: outcomes.map((value) => ({ value, label: stateWord(value) })),
              },
              { id: "pipeline", title: "Pipeline", options: [], isOpen: true },
              { id: "worker_here", title: "Worker", options: [{ value: "true", label: "still here" }] },
            ]}
          />
        }
        empty={
          isFiltered ? (
            <EmptyState title="No run fits all of these filters">
              <p>Take one away. Runs are kept for as long as the server's configuration says.</p>
            </EmptyState>
          ) : (
            <EmptyState title="Nothing has run yet" icon="runs">
              <p>Luigi's workers are welcome as they are. Tell them where the scheduler is:</p>
              <p>
                <code>
                  luigi --module MODULE TASK --scheduler-host {window.location.hostname} --scheduler-port{" "}
                  {window.location.port}
                </code>
              </p>
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
