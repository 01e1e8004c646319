/** What tasks take turns at: how much of each there is, how much is taken, and the place to change it. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiFailure, commands, itemRows, queries, type Schemas } from "../api";
import {
  Button,
  type Column,
  Dialog,
  Dim,
  EmptyState,
  ErrorPanel,
  type Failure,
  Field,
  Meter,
  Page,
  ResourceTable,
  sortedRows,
  toast,
  useUrlState,
} from "../kit";
import css from "./resources.module.css";

type Resource = Schemas["ResourceView"];

/** Amounts are numbers, but for those without an end. */
function amount(value: unknown): number {
  return value === "Infinity" ? Number.POSITIVE_INFINITY : Number(value);
}

function written(value: unknown): string {
  const number = amount(value);
  return Number.isFinite(number) ? number.toLocaleString() : "no end";
}

export default function Resources() {
  const url = useUrlState();
  const resources = useQuery(queries.resources());
  const [changed, change] = useState<Resource | "new">();
  const columns: Column<Resource>[] = [
    { id: "name", title: "Resource", share: 1.5, isSortable: true, text: ({ name }) => name, cell: ({ name }) => name },
    {
      id: "share",
      title: "Taken",
      share: 1.5,
      isSortable: true,
      text: ({ used, total }) => `${written(used)} of ${written(total)}`,
      key: ({ used, total }) => amount(used) / Math.max(amount(total), Number.MIN_VALUE),
      cell: ({ name, used, total }) => (
        <Meter
          used={amount(used)}
          total={amount(total)}
          label={`${name}: ${written(used)} of ${written(total)} are taken`}
        />
      ),
    },
    {
      id: "used",
      title: "Used",
      width: 90,
      isNumber: true,
      isSortable: true,
      isEssential: true,
      text: ({ used }) => String(used),
      key: ({ used }) => amount(used),
      cell: ({ used }) => written(used),
    },
    {
      id: "total",
      title: "In all",
      width: 90,
      isNumber: true,
      isSortable: true,
      isEssential: true,
      text: ({ total }) => String(total),
      key: ({ total }) => amount(total),
      cell: ({ total }) => written(total),
    },
    {
      id: "holders",
      title: "Held by",
      width: 110,
      isNumber: true,
      isSortable: true,
      text: ({ holders }) => String(holders ?? 0),
      key: ({ holders }) => holders ?? 0,
      cell: ({ holders = 0 }) => `${holders.toLocaleString()} ${holders === 1 ? "task" : "tasks"}`,
    },
    {
      id: "act",
      title: "Amount",
      width: 110,
      text: () => "",
      cell: (resource) => (
        <Button
          className={css.inRow}
          onClick={() => change(resource)}
          aria-label={`Change the amount of ${resource.name}`}
        >
          Change…
        </Button>
      ),
    },
  ];
  const add = <Button onClick={() => change("new")}>Set a resource</Button>;
  return (
    <Page
      title="Resources"
      kind="what tasks take turns at"
      actions={resources.data && resources.data.items.length > 0 && add}
    >
      <ResourceTable
        name="Resources"
        fills
        rows={sortedRows(itemRows({ ...resources, data: resources.data?.items }), columns, url.get("sort"))}
        columns={columns}
        rowKey={({ name }) => name}
        sort={url.get("sort")}
        onSort={(sort) => url.set({ sort })}
        onOpen={change}
        empty={
          <EmptyState icon="resources" title="No resource is known" action={add}>
            Tasks name what they want of a resource in <code>resources</code>; what there is stands in{" "}
            <code>[resources]</code> of <code>luigi.cfg</code>, or is set here. What nobody has set has one unit.
          </EmptyState>
        }
      />
      {changed && (
        <ChangeAmount key={changed === "new" ? "" : changed.name} changed={changed} onClose={() => change(undefined)} />
      )}
    </Page>
  );
}

function ChangeAmount({ changed, onClose }: { changed: Resource | "new"; onClose: () => void }) {
  const known = changed === "new" ? undefined : changed;
  const [name, setName] = useState(known?.name ?? "");
  const [text, setText] = useState(known && Number.isFinite(amount(known.total)) ? String(known.total) : "");
  const [failure, setFailure] = useState<Failure>();
  const [isBusy, setBusy] = useState(false);
  const total = Number(text);
  const isAmount = text.trim() !== "" && Number.isFinite(total) && total >= 0;
  const missing = !name.trim() ? "it has no name" : !isAmount ? "the amount is not a number of 0 or more" : undefined;
  const save = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await commands.setResource(name.trim(), total);
      toast(`There are ${total.toLocaleString()} of ${name.trim()} now`);
      onClose();
    } catch (error) {
      const { code, message, hint } = error as ApiFailure;
      setFailure({ code, message, hint });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={known ? `How much there is of ${known.name}` : "Set a resource"} isOpen onClose={onClose}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing && !isBusy) void save();
        }}
      >
        {!known && (
          <Field label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        )}
        <Field
          label="Units in all"
          inputMode="decimal"
          autoComplete="off"
          value={text}
          data-autofocus={known ? true : undefined}
          onChange={(event) => setText(event.currentTarget.value)}
          fault={text.trim() !== "" && !isAmount ? "a number of 0 or more" : undefined}
        />
        <Consequence known={known} total={isAmount ? total : undefined} />
        {failure && <ErrorPanel title="It was not changed" failure={failure} />}
        <div className={css.choices}>
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" disabledBecause={missing ?? (isBusy ? "it is being done" : undefined)} onClick={save}>
            Set the amount
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What comes of the amount that is written, said before it is set. */
function Consequence({ known, total }: { known: Resource | undefined; total: number | undefined }) {
  const used = known ? amount(known.used) : 0;
  return (
    <p>
      <Dim>
        {total === undefined
          ? "It counts for every pipeline, from the next task on that is handed out."
          : total === 0
            ? "No task that wants any of it is handed out until there is more. Tasks that hold some go on."
            : total < used
              ? `${used.toLocaleString()} are taken now: tasks that hold them go on, and none is handed out that wants some until enough are back.`
              : "Tasks that wait for it are handed out as far as it reaches, from the next one on."}{" "}
        The amount survives a restart of the server; the ledger keeps that you set it.
      </Dim>
    </p>
  );
}
