/**
 * Why something is not done: from the task that was asked about to the first causes, across pipelines and components,
 * with who answers for each and since when. Made to be sent to somebody, and to be printed.
 */

import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { failureOf, paths, queries, type Schemas } from "../api";
import { Button, CopyId, Dim, EntityLink, Inline, Loaded, OwnerLink, Page, RunLink, StateBadge, TimeAgo } from "../kit";
import { Causes } from "./causes";

type Explanation = Schemas["ExplanationView"];

export default function Explain() {
  const { id, task } = useParams();
  return task === undefined ? <RunExplanation id={Number(id)} /> : <TaskExplanation id={task} />;
}

function RunExplanation({ id }: { id: number }) {
  const query = useQuery(queries.runExplanation(id));
  return (
    <Page
      title={`Why run ${id} is not done`}
      parent={{ to: paths.run(id), title: `Run ${id}` }}
      actions={<PrintButton />}
      lead={query.data && <Lead explanation={query.data} state={query.data.run?.outcome} />}
    >
      <Loaded query={query} failure={failureOf(query.error, query.refetch)} lines={8}>
        {(explanation) => <Causes explanation={explanation} />}
      </Loaded>
    </Page>
  );
}

function TaskExplanation({ id }: { id: string }) {
  const query = useQuery(queries.taskExplanation(id));
  const run = query.data?.run;
  return (
    <Page
      title="Why this task is not done"
      parent={
        run ? { to: paths.run(run.id, { task: id }), title: `Run ${run.id}` } : { to: paths.runs(), title: "Runs" }
      }
      actions={<PrintButton />}
      lead={query.data && <Lead explanation={query.data} />}
    >
      <Loaded query={query} failure={failureOf(query.error, query.refetch)} lines={8}>
        {(explanation) => <Causes explanation={explanation} />}
      </Loaded>
    </Page>
  );
}

function PrintButton() {
  return (
    <Button icon="file" onClick={() => window.print()}>
      Print
    </Button>
  );
}

/** Which task of which run, and how it stands. */
function Lead({ explanation, state }: { explanation: Explanation; state?: string | undefined }) {
  const { run } = explanation;
  return (
    <Inline>
      <StateBadge state={state ?? explanation.status} />
      <CopyId text={explanation.task} label="the task's id" />
      {run && (
        <Dim>
          <RunLink run={run.id} /> of <EntityLink entity={run.component} />, which <OwnerLink owner={run.owner} />{" "}
          answers for, {run.ended ? "ended" : "started"} <TimeAgo at={run.ended ?? run.started} />
        </Dim>
      )}
    </Inline>
  );
}
