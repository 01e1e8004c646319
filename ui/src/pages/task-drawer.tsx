/** A task beside the list it is in: parameters, attempts with their errors, what it waits for, what can be done. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { commands, queries, type Schemas } from "../api";
import {
  Button,
  ConfirmDanger,
  CopyId,
  Dim,
  Drawer,
  Duration,
  Field,
  GivenLink,
  Inline,
  List,
  Meter,
  Properties,
  type Property,
  percentText,
  RunLink,
  Section,
  StateBadge,
  TimeAgo,
  toast,
  Verbatim,
} from "../kit";
import { parameterText } from "./parameters";
import { tellForgiven, waitText } from "./waits";

interface Props {
  /** In which run. */
  run: number;
  /** As the run had it. */
  task: Schemas["RunTaskView"] | undefined;
  id: string | undefined;
  onClose: () => void;
  onTask: (id: string) => void;
}

export function TaskDrawer({ run, task, id, onClose, onTask }: Props) {
  return (
    <Drawer title={task?.family ?? id ?? ""} isOpen={id !== undefined} onClose={onClose}>
      {id !== undefined && <Details run={run} id={id} task={task} onTask={onTask} />}
    </Drawer>
  );
}

function Details({ run, id, task, onTask }: Pick<Props, "run" | "task" | "onTask"> & { id: string }) {
  // As the scheduler has it now, if it still does.
  const { data } = useQuery(queries.task(id));
  const now = data?.now;
  const attempts = task?.attempts ?? data?.attempts.filter((attempt) => attempt.run === run) ?? [];
  const status = task?.status ?? now?.status;
  const items: Property[] = [{ name: "Id", value: <CopyId text={id} label="task id" /> }];
  if (status) items.push({ name: "In this run", value: <StateBadge state={status} /> });
  if (now) {
    const value = (
      <Inline>
        <StateBadge state={now.status} />
        <Dim>
          since <TimeAgo at={now.since} />
        </Dim>
      </Inline>
    );
    items.push({ name: "Now", value });
    const progress = now.status === "RUNNING" || now.status === "BATCH_RUNNING" ? now.progress : undefined;
    if (typeof progress === "number") items.push({ name: "Progress", value: <Progress percent={progress} /> });
    if (now.status_message) items.push({ name: "Says", value: parameterText(now.status_message) });
    if (now.tracking_url) items.push({ name: "Watch it at", value: <GivenLink url={now.tracking_url} /> });
    if (now.priority) items.push({ name: "Priority", value: now.priority });
    const takes = Object.entries(now.resources).map(([name, amount]) => `${parameterText(amount)} of ${name}`);
    if (takes.length > 0) items.push({ name: "Takes", value: takes.join(", ") });
  }
  if (data?.module) items.push({ name: "Module", value: <code>{data.module}</code> });
  const parameters = task?.parameters ?? data?.parameters ?? [];

  return (
    <>
      {now && <Actions id={id} now={now} />}
      <Properties items={items} />
      {now && now.waits.length > 0 && now.status !== "DONE" && now.status !== "RUNNING" && (
        <Section title="What it waits for">
          <List>
            {now.waits.map((wait) => (
              <li key={wait.reason}>{waitText(wait)}</li>
            ))}
          </List>
        </Section>
      )}
      <Section title="Parameters">
        {parameters.length > 0 ? (
          <Properties
            items={parameters.map(({ name, value }) => ({ name, value: <code>{parameterText(value)}</code> }))}
          />
        ) : (
          <Dim>It has none</Dim>
        )}
      </Section>
      {!!task?.deps.length && (
        <Section title="Requires" note={`${task.deps.length}`}>
          <List>
            {task.deps.map((dep) => (
              <li key={dep}>
                <Button onClick={() => onTask(dep)}>{dep}</Button>
              </li>
            ))}
          </List>
        </Section>
      )}
      {now?.status === "RUNNING" && <Messages id={id} key={`messages ${id}`} accepts={now.accepts_messages} />}
      {data?.error && !attempts.some(({ error }) => error) && (
        <Section title="Error">
          <Verbatim text={data.error.text} label="Error" />
        </Section>
      )}
      <Section title="Attempts" note={`${attempts.length}`}>
        {attempts.length === 0 && <Dim>Nobody has tried yet</Dim>}
        {attempts.toReversed().map((attempt, index) => (
          <Attempt key={attempt.ended ?? attempt.started ?? index} attempt={attempt} />
        ))}
      </Section>
    </>
  );
}

function Progress({ percent }: { percent: number }) {
  const within = Math.max(0, Math.min(100, percent));
  const text = percentText(within);
  return <Meter used={within} total={100} label={`${text} done`} figure={text} isGood />;
}

/** What was said to a running task from here, and what it answered. */
function Messages({ id, accepts }: { id: string; accepts: boolean }) {
  const [content, write] = useState("");
  const [sent, setSent] = useState<{ message: string; content: string }[]>([]);
  const send = async () => {
    const { message } = await commands.sendMessage(id, content);
    setSent((before) => [{ message, content }, ...before]);
    write("");
  };
  return (
    <Section
      title="Messages"
      actions={
        <ConfirmDanger
          label="Send a message"
          title="Send this task a message"
          verb="Send"
          kind="primary"
          field={
            <Field
              label="Message"
              value={content}
              data-autofocus
              onChange={(event) => write(event.currentTarget.value)}
              note="What a task understands is up to its code."
            />
          }
          disabledBecause={accepts ? undefined : "it takes none: its class does not say accepts_messages = True"}
          missing={content.trim() ? undefined : "nothing is written"}
          consequence={
            <p>
              Its worker takes the message with its next ping. What comes of it is up to the task; the ledger keeps that
              you sent it.
            </p>
          }
          act={send}
          onDone={() => toast("It is on its way")}
        />
      }
    >
      {sent.length === 0 ? (
        <Dim>
          A task whose class says <code>accepts_messages</code> can be spoken to while it runs.
        </Dim>
      ) : (
        <List>
          {sent.map(({ message, content: said }) => (
            <li key={message}>
              <code>{said}</code> <Answer id={id} message={message} />
            </li>
          ))}
        </List>
      )}
    </Section>
  );
}

function Answer({ id, message }: { id: string; message: string }) {
  const { data } = useQuery(queries.messageAnswer(id, message));
  if (!data?.answered) return <Dim>no answer yet</Dim>;
  return (
    <>
      <Dim>answered</Dim> <code>{parameterText(data.response)}</code>
    </>
  );
}

function Attempt({ attempt }: { attempt: Schemas["TaskAttempt"] }) {
  const at = attempt.started ?? attempt.ended;
  return (
    <>
      <Inline>
        <StateBadge state={attempt.outcome} />
        {at && <TimeAgo at={at} />}
        {attempt.started && (
          <Dim>
            took <Duration started={attempt.started} ended={attempt.ended} />
          </Dim>
        )}
        {attempt.run && <RunLink run={attempt.run} />}
        {attempt.worker && <CopyId text={attempt.worker} label="worker id" />}
      </Inline>
      {attempt.error && <Verbatim text={attempt.error.text} label="Error of the attempt" />}
    </>
  );
}

function Actions({ id, now }: { id: string; now: Schemas["TaskNow"] }) {
  const isFailed = now.status === "FAILED";
  const isDisabled = now.status === "DISABLED";
  return (
    <Inline>
      <ConfirmDanger
        label="Try again"
        title="Try this task again?"
        verb="Try again"
        kind="primary"
        consequence={
          <p>
            Its failures are forgiven: it becomes pending, and the next worker that asks and can run it gets it. What
            waits for it goes on once it is done.
          </p>
        }
        disabledBecause={isFailed ? undefined : "only a failed task can be tried again"}
        act={() => commands.forgiveTask(id).then(tellForgiven)}
      />
      <ConfirmDanger
        label="Re-enable"
        title="Re-enable this task?"
        verb="Re-enable"
        kind="primary"
        consequence={<p>It may be run again, by any worker that asks. It counts its failures anew.</p>}
        disabledBecause={isDisabled ? undefined : "only a disabled task can be re-enabled"}
        act={() => commands.reEnableTask(id)}
        onDone={() => toast("It may run again")}
      />
      <ConfirmDanger
        label="Mark as done"
        title="Mark this task as done?"
        verb="Mark as done"
        consequence={
          <>
            <p>
              The scheduler takes it as done, although nobody has made its output: tasks that require it will run, and
              fail if the output is not there.
            </p>
            <p>The ledger keeps that it was marked, and this cannot be taken back.</p>
          </>
        }
        disabledBecause={
          ["RUNNING", "FAILED", "DISABLED"].includes(now.status)
            ? undefined
            : now.status === "DONE"
              ? "it is done"
              : "only what runs, failed or is disabled can be marked as done"
        }
        act={() => commands.markTaskAsDone(id)}
        onDone={() => toast("It is marked as done")}
      />
    </Inline>
  );
}
