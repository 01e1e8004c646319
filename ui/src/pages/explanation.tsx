/** Why something is not done: its first causes, each with whose it is, since when, who waits for it and what to do. */

import { Link } from "react-router";
import { paths, type Schemas } from "../api";
import { CopyId, Dim, EmptyState, EntityLink, Inline, OwnerLink, StateBadge, TimeAgo, Verbatim } from "../kit";
import css from "./explanation.module.css";

type Cause = Schemas["ExplainedCause"];

export function Explanation({ explanation }: { explanation: Schemas["ExplanationView"] }) {
  const { causes, causes_total, waits } = explanation;
  if (causes.length === 0) {
    return (
      <EmptyState title="Nothing holds it up" icon="check">
        {waits?.map((wait) => (
          <p key={wait.reason}>{waitText(wait)}</p>
        ))}
      </EmptyState>
    );
  }
  // The first is told in full; of what else is missing a line each is enough until it is asked for.
  return (
    <ol className={css.causes}>
      {causes.map((cause, index) => (
        <li key={cause.task} className={css.cause} data-kind={cause.kind}>
          <details open={index === 0}>
            <summary>
              <StateBadge state={cause.kind} />
              <span className={css.family}>{cause.family}</span>
              <Dim>{cause.task.slice(cause.family.length + 1)}</Dim>
              <Dim>
                <TimeAgo at={cause.since} />
              </Dim>
              <span className={css.whose}>{cause.ownership.owner?.name ?? "Nobody answers for it"}</span>
            </summary>
            <CauseDetails cause={cause} run={explanation.run?.id} />
          </details>
        </li>
      ))}
      {causes_total > causes.length && <Dim>and {causes_total - causes.length} more causes</Dim>}
    </ol>
  );
}

function CauseDetails({ cause, run }: { cause: Cause; run: number | undefined }) {
  const lastLine = cause.error?.text.trimEnd().split("\n").at(-1);
  return (
    <div className={css.details}>
      {lastLine && <p className={css.error}>{lastLine}</p>}
      <dl className={css.facts}>
        <div>
          <dt>Component</dt>
          <dd>
            <Inline>
              <EntityLink entity={cause.component} />
              <Dim>
                answered for by <OwnerLink owner={cause.ownership.owner} />
              </Dim>
            </Inline>
          </dd>
        </div>
        <div>
          <dt>Task</dt>
          <dd>
            <Inline>
              {run === undefined ? (
                <CopyId text={cause.task} label="task id" />
              ) : (
                <Link to={paths.run(run, { task: cause.task })}>{cause.task}</Link>
              )}
              <Dim>
                {cause.attempts} {cause.attempts === 1 ? "attempt" : "attempts"}
              </Dim>
            </Inline>
          </dd>
        </div>
        {!!cause.waits?.length && (
          <div>
            <dt>Now</dt>
            <dd>{cause.waits.map(waitText).join("; ")}</dd>
          </div>
        )}
        <div>
          <dt>Way to it</dt>
          <dd>
            <ol className={css.path}>
              {cause.path.map((task) => (
                <li key={task} title={task}>
                  {task.split("_")[0]}
                </li>
              ))}
            </ol>
          </dd>
        </div>
        <div>
          <dt>Held up</dt>
          <dd>
            {cause.tasks_affected_total} {cause.tasks_affected_total === 1 ? "task" : "tasks"}
            {cause.components_affected.length > 0 && (
              <>
                {" and, beyond this run, "}
                {cause.components_affected.map((one, index) => (
                  <span key={one.ref}>
                    {index > 0 && ", "}
                    <EntityLink entity={one.ref} exists={one.exists} /> of <OwnerLink owner={one.owner} />
                  </span>
                ))}
              </>
            )}
          </dd>
        </div>
        {cause.suspects.length > 0 && (
          <div>
            <dt>Look also at</dt>
            <dd>
              {cause.suspects.map((one) => (
                <Inline key={one.ref}>
                  <EntityLink entity={one.ref} exists={one.exists} />
                  {one.failing_since && <StateBadge state="failing" />}
                  {one.changed_at && (
                    <Dim>
                      changed <TimeAgo at={one.changed_at} />
                    </Dim>
                  )}
                </Inline>
              ))}
            </dd>
          </div>
        )}
        <div>
          <dt>What to do</dt>
          <dd>
            <ul className={css.steps}>
              {cause.next.map((step) => (
                <li key={step.text}>
                  {step.text}
                  {step.command && <CopyId text={step.command} label="command" />}
                </li>
              ))}
            </ul>
          </dd>
        </div>
      </dl>
      {cause.error && (
        <details>
          <summary className={css.more}>Traceback</summary>
          <Verbatim text={cause.error.text} label={`Traceback of ${cause.family}`} />
        </details>
      )}
    </div>
  );
}

/** Why the scheduler does not hand a task out, in a sentence. */
export function waitText(wait: Schemas["WaitReason"]): string {
  switch (wait.reason) {
    case "undeclared":
      return "no worker has said what it needs";
    case "running":
      return "it runs";
    case "done":
      return "the scheduler has it as done";
    case "failed":
      return wait.retry_at ? `it failed, and is tried again by itself at ${clock(wait.retry_at)}` : "it failed";
    case "disabled":
      return wait.by_scheduler ? "it failed too often and was disabled" : "it was disabled by hand";
    case "dependencies": {
      const names = wait.open.slice(0, 3).map(({ id }) => shortTask(id));
      const more = wait.count > names.length ? ` and ${wait.count - names.length} more` : "";
      return `it waits for ${names.join(", ")}${more}`;
    }
    case "no_worker":
      return "no worker that could run it is here";
    case "not_runnable":
      return "no worker makes it: its output has to come from outside";
    case "resource":
      return `it wants ${wait.wants} of the resource ${wait.name}, of which ${wait.used} of ${wait.total} are in use`;
    case "paused":
      return "the scheduler is paused";
    case "ready":
      return "it is next: a worker will ask for it";
  }
}

function clock(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

function shortTask(id: string): string {
  return id.split("_")[0] ?? id;
}
