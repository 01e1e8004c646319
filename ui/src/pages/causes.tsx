/** Why something is not done: its first causes, each with whose it is, since when, who waits for it and what to do. */

import { useEffect, useState } from "react";
import { Link, useLocation } from "react-router";
import { commands, paths, type Schemas, shortRef, silenceOf } from "../api";
import {
  ConfirmDanger,
  CopyId,
  Dim,
  EmptyState,
  EntityLink,
  GivenLink,
  Inline,
  List,
  OwnerLink,
  RunLink,
  StateBadge,
  stateWord,
  TimeAgo,
  toast,
  Verbatim,
} from "../kit";
import css from "./causes.module.css";
import { tellForgiven, waitText } from "./waits";

type Explanation = Schemas["ExplanationView"];
type Cause = Schemas["ExplainedCause"];

interface Props {
  explanation: Explanation;
  /** The level of the heading that they stand under; the page's own is 1. */
  under?: 1 | 2;
}

/** All of them, the first in full. */
export function Causes({ explanation, under = 1 }: Props) {
  const { causes, causes_total } = explanation;
  const later = explanation.later && <Later run={explanation.later} />;
  if (causes.length === 0) {
    return (
      <EmptyState icon="check" title="Nothing stands in the way">
        {explanation.status === "DONE"
          ? "The task is done, and so is everything that it needs."
          : (explanation.waits ?? []).map(waitText).join("; ") ||
            "No failure, nothing missing and no full resource was found upstream of the task."}
      </EmptyState>
    );
  }
  return (
    <>
      {later}
      <Summary causes={causes} total={causes_total} isOver={!!explanation.run?.ended} />
      <ol className={css.causes}>
        {causes.map((cause, index) => (
          <li key={cause.task}>
            <CauseCard
              cause={cause}
              number={index + 1}
              asked={explanation.task}
              run={explanation.run ?? undefined}
              under={under}
            />
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

/** What is told here may be long past. */
function Later({ run }: { run: Schemas["RunSummary"] }) {
  return (
    <Inline>
      <StateBadge state={run.outcome} />
      <span>
        <RunLink run={run.id} /> of the same root task{" "}
        {run.outcome === "succeeded"
          ? "has succeeded since"
          : run.ended
            ? "came later, and did not succeed"
            : "goes on now"}
        , <TimeAgo at={run.ended ?? run.started} />.
      </span>
    </Inline>
  );
}

/** LIMIT: a breath. */
const TOLD_MAX = 4;

const verbs: Record<string, string> = {
  failed: "failed",
  disabled: "is disabled",
  unplanned: "could not be planned",
  missing: "is missing",
  waiting: "waits for its turn",
  running: "is still running",
};

/** What only waits for its turn, or is at work, needs nobody. */
const isStuck = ({ kind }: Cause) => kind !== "waiting" && kind !== "running";

const isSilent = ({ runner }: Cause) => !!runner && silenceOf(runner.heard) !== "heard";

function verbOf(cause: Cause): string {
  if (cause.lost) return "was lost with its worker";
  if (cause.kind === "running" && isSilent(cause)) return "was running when its worker fell silent";
  return verbs[cause.kind] ?? cause.kind;
}

/** `ana@node-7, process 42` */
function whoText({ user, host, pid, worker }: Schemas["Who"]): string {
  const account = [user, host].filter(Boolean).join("@") || worker || "its worker";
  return pid ? `${account}, process ${pid}` : account;
}

/** The answer in one breath. */
function Summary({ causes, total, isOver }: { causes: Cause[]; total: number; isOver: boolean }) {
  const stuck = causes.filter(isStuck);
  const asked = new Map(stuck.map(({ ownership }) => [ownership.owner?.name ?? "", ownership.owner]));
  // Tasks of a family that stand alike are told as one.
  const alike = [...Map.groupBy(causes, ({ family, kind }) => `${kind} ${family}`).values()];
  const lost = stuck.find((cause) => cause.lost)?.lost;
  return (
    <p className={css.summary}>
      {stuck.length === 0 && !isOver
        ? causes.some(isSilent)
          ? "Whether it goes on nobody knows: "
          : "It goes on: "
        : total === 1
          ? "One first cause: "
          : `${total.toLocaleString()} first causes: `}
      {alike.slice(0, TOLD_MAX).map((group, index) => {
        const [first] = group;
        if (!first) return null;
        return (
          <span key={first.task}>
            {index > 0 && "; "}
            <Link to={`#cause-${causes.indexOf(first) + 1}`}>{first.family}</Link>
            {group.length > 1 && ` (${group.length} tasks)`} {verbOf(first)}
          </span>
        );
      })}
      {alike.length > TOLD_MAX && "; and others"}.
      {lost && (
        <>
          {" "}
          The worker {whoText(lost.who)} fell silent, and was given up <TimeAgo at={lost.at} />.
        </>
      )}
      {asked.size > 0 && (asked.size === 1 ? " Ask " : " Ask, in this order, ")}
      {[...asked.values()].map((owner, index) => (
        <span key={owner?.name ?? ""}>
          {index > 0 && ", "}
          {owner ? <OwnerLink owner={owner} /> : "somebody who takes on what nobody answers for"}
        </span>
      ))}
      {asked.size > 0 && "."}
      <Waiting causes={stuck} />
    </p>
  );
}

/** LIMIT: names in a breath. */
const NAMED_MAX = 3;

/** Who else has to hear of it. */
function Waiting({ causes }: { causes: Cause[] }) {
  const affected = new Map(causes.flatMap((cause) => cause.components_affected.map((one) => [one.ref, one])));
  const total = Math.max(affected.size, ...causes.map((cause) => cause.components_affected_total));
  const named = [...affected.values()].slice(0, NAMED_MAX);
  if (named.length === 0) return null;
  return (
    <>
      {" Affected: "}
      {named.map((one, index) => (
        <span key={one.ref}>
          {index > 0 && ", "}
          <EntityLink entity={one.ref} exists={one.exists} /> of <OwnerLink owner={one.owner} />
        </span>
      ))}
      {total > named.length && ` and ${(total - named.length).toLocaleString()} more`}.
    </>
  );
}

/** The first cause is told in full; of the others a line is enough until they are asked for. On paper all are told. */
interface CauseProps {
  cause: Cause;
  number: number;
  asked: string;
  /** In which run it was looked at. */
  run: Schemas["RunSummary"] | undefined;
  under: 1 | 2;
}

function CauseCard({ cause, number, asked, run, under }: CauseProps) {
  const Title = under === 1 ? "h2" : "h3";
  const heading = `cause-${number}`;
  const [isOpen, setOpen] = useState(number === 1 && isStuck(cause));
  const { hash } = useLocation();
  const fellSilent = number === 1 && isSilent(cause);
  useEffect(() => {
    if (fellSilent) setOpen(true);
  }, [fellSilent]);
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
        <Title id={heading} className={css.causeTitle}>
          <span className={css.number}>{number}</span>
          {cause.family}
        </Title>
        <StateBadge
          state={cause.lost ? "lost" : cause.kind === "running" && isSilent(cause) ? "running_silent" : cause.kind}
        />
        <Dim>
          <TimeAgo at={cause.since} />
          {cause.attempts > 0 && `, tried ${cause.attempts === 1 ? "once" : `${cause.attempts} times`} in this run`}
        </Dim>
        <span className={css.whose}>{cause.ownership.owner?.name ?? "Unowned"}</span>
      </summary>
      <div className={css.body}>
        {cause.error && <ErrorOf error={cause.error} />}
        {cause.lost && (
          <div className={css.error}>
            <p className={css.lastLine}>
              The worker {whoText(cause.lost.who)} fell silent, and was given up at{" "}
              {new Date(cause.lost.at).toLocaleTimeString()}. What became of the task nobody said.
            </p>
          </div>
        )}
        <div className={css.facts}>
          <Fact
            under={under}
            isWide
            title={`The way there, ${cause.path_total.toLocaleString()} ${cause.path_total === 1 ? "task" : "tasks"}`}
          >
            <Chain cause={cause} asked={asked} run={run?.id} />
          </Fact>
          <Fact under={under} title="Whose it is">
            <p>
              <EntityLink entity={cause.component} />
              {" · "}
              <OwnerLink owner={cause.ownership.owner} />
            </p>
            <OwnershipSource ownership={cause.ownership} />
          </Fact>
          <Fact under={under} title="What to do">
            <ToDo cause={cause} run={run} />
          </Fact>
          <Fact under={under} title="What may be behind it">
            <Suspects cause={cause} />
          </Fact>
          <Fact under={under} title="What else waits for it">
            <Affected cause={cause} />
          </Fact>
        </div>
      </div>
    </details>
  );
}

function ToDo({ cause, run }: Pick<CauseProps, "cause" | "run">) {
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
      {(cause.runbooks ?? []).map(({ url, title }) => (
        <li key={url}>
          <GivenLink url={url} title={title} /> <Dim>as its manifest says</Dim>
        </li>
      ))}
      <li className={css.act}>
        <Remedy cause={cause} run={run} />
      </li>
      {now.length > 0 && <li className={css.source}>Now: {now.join("; ")}</li>}
    </List>
  );
}

function Fact(props: { title: string; under: 1 | 2; isWide?: boolean; children: React.ReactNode }) {
  const { title, under, isWide, children } = props;
  const Title = under === 1 ? "h3" : "h4";
  return (
    <div className={css.fact} data-wide={isWide || undefined}>
      <Title>{title}</Title>
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
function Chain({ cause, asked, run }: Pick<CauseProps, "cause" | "asked"> & { run: number | undefined }) {
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

function notNow({ now }: Cause, was: string): string {
  if (!now) return "the scheduler has forgotten it: start its pipeline again, what is done stays done";
  return `it is no longer ${was}: it is ${stateWord(now).toLowerCase()} now`;
}

/** What can be done about a cause from here. */
function Remedy({ cause, run }: Pick<CauseProps, "cause" | "run">) {
  const waiting = cause.tasks_affected_total;
  // Nobody says that the worker is gone before it is given up; a run that has ended is a hint.
  const nobody = run?.ended && !run.worker_here;
  const consequence = (
    <>
      {nobody && <p>The run's own worker has left: nothing runs until another comes that can run this task.</p>}
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
        disabledBecause={cause.now === "FAILED" ? undefined : notNow(cause, "failed")}
        act={() => commands.forgiveTask(cause.task).then(tellForgiven)}
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
        disabledBecause={cause.now === "DISABLED" ? undefined : notNow(cause, "disabled")}
        act={() => commands.reEnableTask(cause.task)}
        onDone={() => toast("It is enabled again")}
      />
    );
  }
  return null;
}
