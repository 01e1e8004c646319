/**
 * Why something is not done: from the task that was asked about to the first causes, across pipelines and components,
 * with who answers for each and since when. Made to be sent to somebody, and to be printed.
 */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation, useParams } from "react-router";
import { commands, failureOf, paths, queries, type Schemas, shortRef } from "../api";
import {
  Button,
  ConfirmDanger,
  CopyId,
  Dim,
  EmptyState,
  EntityLink,
  Inline,
  List,
  Loaded,
  OwnerLink,
  Page,
  RunLink,
  StateBadge,
  TimeAgo,
  toast,
  Verbatim,
} from "../kit";
import css from "./explain.module.css";
import { waitText } from "./explanation";

type Explanation = Schemas["ExplanationView"];
type Cause = Schemas["ExplainedCause"];

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
      lead={query.data && <Lead explanation={query.data} />}
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
function Lead({ explanation }: { explanation: Explanation }) {
  const { run } = explanation;
  return (
    <Inline>
      <StateBadge state={explanation.status} />
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

function Causes({ explanation }: { explanation: Explanation }) {
  const { causes, causes_total } = explanation;
  if (causes.length === 0) {
    return (
      <EmptyState icon="check" title="Nothing stands in the way">
        {explanation.status === "DONE"
          ? "The task is done, and so is everything that it needs."
          : "No failure, nothing missing and no full resource was found upstream of the task."}
      </EmptyState>
    );
  }
  return (
    <>
      <Summary causes={causes} total={causes_total} />
      <ol className={css.causes}>
        {causes.map((cause, index) => (
          <li key={cause.task}>
            <CauseCard cause={cause} number={index + 1} asked={explanation.task} run={explanation.run?.id} />
          </li>
        ))}
      </ol>
      {causes_total > causes.length && (
        <Dim>
          {(causes_total - causes.length).toLocaleString()} further causes are not shown. They are less telling than
          these.
        </Dim>
      )}
    </>
  );
}

/** LIMIT: a breath. */
const TOLD_MAX = 4;

const verbs: Record<string, string> = {
  failed: "failed",
  disabled: "is disabled",
  missing: "is missing",
  waiting: "waits for its turn",
  running: "is still running",
};

/** The answer in one breath. */
function Summary({ causes, total }: { causes: Cause[]; total: number }) {
  // What only waits for its turn needs nobody.
  const stuck = causes.filter(({ kind }) => kind !== "waiting" && kind !== "running");
  const asked = new Map(stuck.map(({ ownership }) => [ownership.owner?.name ?? "", ownership.owner]));
  // Tasks of a family that stand alike are told as one.
  const alike = [...Map.groupBy(causes, ({ family, kind }) => `${kind} ${family}`).values()];
  return (
    <p className={css.summary}>
      {total === 1 ? "One first cause: " : `${total.toLocaleString()} first causes: `}
      {alike.slice(0, TOLD_MAX).map((group, index) => {
        const [first] = group;
        if (!first) return null;
        return (
          <span key={first.task}>
            {index > 0 && "; "}
            <Link to={`#cause-${causes.indexOf(first) + 1}`}>{first.family}</Link>
            {group.length > 1 && ` (${group.length} tasks)`} {verbs[first.kind] ?? first.kind}
          </span>
        );
      })}
      {alike.length > TOLD_MAX && "; and others"}.
      {asked.size > 0 && (asked.size === 1 ? " Ask " : " Ask, in this order, ")}
      {[...asked.values()].map((owner, index) => (
        <span key={owner?.name ?? ""}>
          {index > 0 && ", "}
          {owner ? <OwnerLink owner={owner} /> : "somebody who takes on what nobody answers for"}
        </span>
      ))}
      {asked.size > 0 && "."}
    </p>
  );
}

/** The first cause is told in full; of the others a line is enough until they are asked for. On paper all are told. */
interface CauseProps {
  cause: Cause;
  number: number;
  asked: string;
  /** In which run it was looked at. */
  run: number | undefined;
}

function CauseCard({ cause, number, asked, run }: CauseProps) {
  const heading = `cause-${number}`;
  const [isOpen, setOpen] = useState(number === 1);
  const { hash } = useLocation();
  useEffect(() => {
    if (hash === `#${heading}`) setOpen(true);
  }, [hash, heading]);
  return (
    <details
      className={css.cause}
      data-kind={cause.kind}
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className={css.causeHead}>
        <h2 id={heading} className={css.causeTitle}>
          <span className={css.number}>{number}</span>
          {cause.family}
        </h2>
        <StateBadge state={cause.kind} />
        <Dim>
          <TimeAgo at={cause.since} />
          {cause.attempts > 0 && `, tried ${cause.attempts === 1 ? "once" : `${cause.attempts} times`} in this run`}
        </Dim>
        <span className={css.whose}>{cause.ownership.owner?.name ?? "Nobody's"}</span>
      </summary>
      <div className={css.body}>
        {cause.error && <ErrorOf error={cause.error} />}
        <div className={css.facts}>
          <Fact
            title={`The way there, ${cause.path_total.toLocaleString()} ${cause.path_total === 1 ? "task" : "tasks"}`}
          >
            <Chain cause={cause} asked={asked} run={run} />
          </Fact>
          <Fact title="Whose it is">
            <p>
              <EntityLink entity={cause.component} />
              {" · "}
              <OwnerLink owner={cause.ownership.owner} />
            </p>
            <OwnershipSource ownership={cause.ownership} />
          </Fact>
          <Fact title="What to do">
            <ToDo cause={cause} />
          </Fact>
          <Fact title="What may be behind it">
            <Suspects cause={cause} />
          </Fact>
          <Fact title="What else waits for it">
            <Affected cause={cause} />
          </Fact>
        </div>
      </div>
    </details>
  );
}

function ToDo({ cause }: { cause: Cause }) {
  const now = (cause.waits ?? []).map(waitText);
  return (
    <List>
      {cause.next.map((step) => (
        <li key={step.text}>
          {step.text}
          {step.command && (
            <div className={css.command}>
              <CopyId text={step.command} label="the command" />
            </div>
          )}
        </li>
      ))}
      <li className={css.act}>
        <Remedy cause={cause} />
      </li>
      {now.length > 0 && <li className={css.source}>Now: {now.join("; ")}</li>}
    </List>
  );
}

function Fact({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div className={css.fact}>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** The line that says it, and the rest on demand. */
function ErrorOf({ error }: { error: Schemas["ErrorText"] }) {
  const last = error.text.trimEnd().split("\n").at(-1)?.trim() ?? "";
  return (
    <div className={css.error}>
      <p className={css.lastLine}>{last}</p>
      <details>
        <summary>
          Traceback{" "}
          <Dim>
            {error.bytes.toLocaleString()} bytes{error.text.length < error.bytes && ", cut here"}
          </Dim>
        </summary>
        <Verbatim text={error.text} label="Traceback" />
      </details>
    </div>
  );
}

const reasons: Record<string, string> = {
  declared: "as declared",
  luigi: "as Luigi says",
  part_of: "by what it is part of",
  produced_by: "by what makes it",
  unowned: "nobody is named",
};

/** How it is known who answers. */
function OwnershipSource({ ownership }: { ownership: Schemas["OwnerAnswer"] }) {
  return (
    <List>
      {ownership.chain.map((step) => (
        <li key={`${step.ref}${step.reason}`} className={css.source}>
          {step.ref !== ownership.ref && <>{shortRef(step.ref)}: </>}
          {reasons[step.reason] ?? step.reason}
          {step.written && <> “{step.written}”</>}
          {step.pipeline && <> of {step.pipeline}</>}
          {step.place && (
            <>
              {" "}
              in <code>{step.place.path}</code> line {step.place.line}
            </>
          )}
        </li>
      ))}
    </List>
  );
}

/** Luigi's ids begin with the family; what follows tells tasks of a family apart. */
function familyOf(task: string): string {
  return task.split("_")[0] ?? task;
}

/** From the task that was asked about down to the cause. */
function Chain({ cause, asked, run }: Omit<CauseProps, "number">) {
  const left = cause.path_total - cause.path.length;
  // Of a long way the server leaves the middle out.
  const gapAfter = left > 0 ? Math.ceil(cause.path.length / 2) - 1 : -1;
  return (
    <ol className={css.chain}>
      {cause.path.map((task, index) => (
        <li key={task} data-cause={task === cause.task || undefined}>
          <Link to={run === undefined ? paths.taskExplanation(task) : paths.run(run, { task })} title={task}>
            {familyOf(task)}
          </Link>
          <code>{task.slice(familyOf(task).length).replace(/^_+/, "")}</code>
          {task === cause.task ? (
            <Dim>the first cause</Dim>
          ) : (
            <Dim>{task === asked ? "was asked about, waits for" : "waits for"}</Dim>
          )}
          {index === gapAfter && <p className={css.gap}>… {left.toLocaleString()} more …</p>}
        </li>
      ))}
    </ol>
  );
}

function Suspects({ cause }: { cause: Cause }) {
  if (cause.suspects.length === 0) {
    return <Dim>Nothing that {shortRef(cause.component)} depends on is failing or changed shortly before.</Dim>;
  }
  return (
    <List>
      {cause.suspects.map((suspect) => (
        <li key={suspect.ref}>
          <EntityLink entity={suspect.ref} exists={suspect.exists} /> · <OwnerLink owner={suspect.owner} />
          <div className={css.source}>
            {suspect.failing_since && (
              <>
                failing since <TimeAgo at={suspect.failing_since} />
              </>
            )}
            {suspect.failing_since && suspect.changed_at && ", "}
            {suspect.changed_at && (
              <>
                declaration changed <TimeAgo at={suspect.changed_at} />, before the failure
              </>
            )}
          </div>
        </li>
      ))}
    </List>
  );
}

function Affected({ cause }: { cause: Cause }) {
  const others = cause.components_affected_total - cause.components_affected.length;
  const tasks = cause.tasks_affected_total;
  return (
    <List>
      {cause.components_affected.map((entity) => (
        <li key={entity.ref}>
          <EntityLink entity={entity.ref} exists={entity.exists} /> · <OwnerLink owner={entity.owner} />
          {entity.failing_since && (
            <div className={css.source}>
              failing since <TimeAgo at={entity.failing_since} />
            </div>
          )}
        </li>
      ))}
      {others > 0 && <li className={css.source}>and {others.toLocaleString()} more components</li>}
      {cause.components_affected_total === 0 && <li className={css.source}>No other component depends on it.</li>}
      <li className={css.source}>
        {tasks === 0
          ? "No task of this run waits for it."
          : `${tasks.toLocaleString()} ${tasks === 1 ? "task" : "tasks"} of this run ${tasks === 1 ? "waits" : "wait"} for it.`}
      </li>
    </List>
  );
}

/** What can be done about a cause from here. */
function Remedy({ cause }: { cause: Cause }) {
  const waiting = cause.tasks_affected_total;
  const consequence = (
    <>
      <p>
        <CopyId text={cause.task} label="the task's id" />
      </p>
      <p>
        Its failures are forgotten, and the next worker that can run it is given it. {waiting.toLocaleString()} waiting{" "}
        {waiting === 1 ? "task follows" : "tasks follow"} when it succeeds. If the reason is not mended, it fails again.
      </p>
      <p>The ledger keeps that you did this.</p>
    </>
  );
  if (cause.kind === "failed") {
    return (
      <ConfirmDanger
        label="Try again"
        title="Have this task tried again at once?"
        consequence={consequence}
        verb="Try again"
        kind="primary"
        act={() => commands.forgiveTask(cause.task)}
        onDone={() => toast("It is tried again as soon as a worker asks for work")}
      />
    );
  }
  if (cause.kind === "disabled") {
    return (
      <ConfirmDanger
        label="Enable again"
        title="Enable this task again?"
        consequence={consequence}
        verb="Enable again"
        kind="primary"
        act={() => commands.reEnableTask(cause.task)}
        onDone={() => toast("It is enabled again")}
      />
    );
  }
  return null;
}
