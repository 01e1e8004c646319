/** What opens above a page. */

import { Drawer as MantineDrawer, Modal } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Button } from "./button";
import css from "./dialogs.module.css";
import type { Failure } from "./rows";
import { ErrorPanel } from "./states";

/** Details beside what they are of. */
export function Drawer(props: { title: ReactNode; isOpen: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <MantineDrawer
      opened={props.isOpen}
      onClose={props.onClose}
      title={props.title}
      position="right"
      size={560}
      lockScroll={false}
      classNames={{ title: css.title, header: css.header, body: css.body, content: css.content }}
      closeButtonProps={{ "aria-label": "Close" }}
      transitionProps={{ duration: 120 }}
    >
      {props.children}
    </MantineDrawer>
  );
}

export function Dialog(props: { title: string; isOpen: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <Modal
      opened={props.isOpen}
      onClose={props.onClose}
      title={props.title}
      centered
      lockScroll={false}
      size={520}
      classNames={{ title: css.title, header: css.header, body: css.body }}
      closeButtonProps={{ "aria-label": "Close" }}
      transitionProps={{ duration: 100 }}
    >
      {props.children}
    </Modal>
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
        <div className={css.consequence}>{props.consequence}</div>
        {failure && <ErrorPanel title="It was not done" failure={failure} />}
        <div className={css.choices}>
          <Button onClick={close} data-autofocus>
            Leave it
          </Button>
          <Button kind={props.kind ?? "danger"} onClick={act} disabledBecause={isBusy ? "it is being done" : undefined}>
            {props.verb}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
