/** What opens above a page. */

import { Drawer as MantineDrawer, Modal } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Button, IconButton } from "./button";
import css from "./dialogs.module.css";
import type { Failure } from "./rows";
import { ErrorPanel } from "./states";

interface Props {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
}

// The scroll is locked by a rule of theme.css: Mantine would add a style tag.
// Composed from parts, because Mantine's header is a <header>, which would be a second banner of the page.

/** Details beside what they are of. */
export function Drawer({ title, isOpen, onClose, children }: Props) {
  // Mantine tells all that are open of an Escape; it is meant for the dialog that lies on top.
  const closeUnlessCovered = () => {
    if (!document.querySelector("[data-dialog]")) onClose();
  };
  return (
    <MantineDrawer.Root
      opened={isOpen}
      onClose={closeUnlessCovered}
      position="right"
      size={560}
      lockScroll={false}
      transitionProps={{ duration: 120 }}
    >
      <MantineDrawer.Overlay />
      <MantineDrawer.Content className={css.content}>
        <div className={css.header}>
          <MantineDrawer.Title className={css.title}>{title}</MantineDrawer.Title>
          <IconButton icon="close" label="Close" onClick={onClose} />
        </div>
        <MantineDrawer.Body className={css.body}>{children}</MantineDrawer.Body>
      </MantineDrawer.Content>
    </MantineDrawer.Root>
  );
}

export function Dialog({ title, isOpen, onClose, children }: Props) {
  return (
    <Modal.Root
      opened={isOpen}
      onClose={onClose}
      centered
      size={520}
      lockScroll={false}
      transitionProps={{ duration: 100 }}
    >
      <Modal.Overlay />
      <Modal.Content data-dialog>
        <div className={css.header}>
          <Modal.Title className={css.title}>{title}</Modal.Title>
          <IconButton icon="close" label="Close" onClick={onClose} />
        </div>
        <Modal.Body className={css.body}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

interface ConfirmProps {
  /** On the button that opens it. */
  label: string;
  title: string;
  /** What comes of it, in whole sentences: what changes, for whom, and how it is undone. */
  consequence: ReactNode;
  /** The verb on the button that does it. */
  verb: string;
  kind?: "danger" | "primary";
  disabledBecause?: string | undefined;
  /** What has to be written first. */
  field?: ReactNode;
  /** Why it cannot be done with what is written. */
  missing?: string | undefined;
  act: () => Promise<unknown>;
  onDone?: () => void;
}

/** A button that says what will come of it before anything is done. */
export function ConfirmDanger(props: ConfirmProps) {
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const close = () => {
    setOpen(false);
    setFailure(undefined);
  };
  const act = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await props.act();
      close();
      props.onDone?.();
    } catch (error) {
      const { code, message, hint } = error as Failure;
      setFailure({ ...(code ? { code } : {}), message, hint });
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button disabledBecause={props.disabledBecause} onClick={() => setOpen(true)}>
        {props.label}
      </Button>
      <Dialog title={props.title} isOpen={isOpen} onClose={close}>
        {props.field && (
          <form
            className={css.form}
            onSubmit={(event) => {
              event.preventDefault();
              if (!props.missing && !isBusy) void act();
            }}
          >
            {props.field}
          </form>
        )}
        <div className={css.consequence}>{props.consequence}</div>
        {failure && <ErrorPanel title="It was not done" failure={failure} />}
        <div className={css.choices}>
          <Button onClick={close} data-autofocus={props.field ? undefined : true}>
            Leave it
          </Button>
          <Button
            kind={props.kind ?? "danger"}
            onClick={act}
            disabledBecause={props.missing ?? (isBusy ? "it is being done" : undefined)}
          >
            {props.verb}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
