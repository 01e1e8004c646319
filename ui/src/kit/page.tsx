/** The parts that every page is made of. */

import { type ReactNode, useEffect, useId, useRef } from "react";
import { Link, useLocation } from "react-router";
import { Icon } from "./icons";
import css from "./page.module.css";

interface PageProps {
  title: string;
  /** What kind of thing it is, before its name. */
  kind?: ReactNode;
  /** The way up. */
  parent?: { to: string; title: string };
  /** Beside the title: its state. */
  badge?: ReactNode;
  actions?: ReactNode;
  /** One line under the title. */
  lead?: ReactNode;
  children: ReactNode;
}

// The first page leaves the focus where the browser puts it; each later one takes it, so that a screen reader says where
// one is.
let hasMoved = false;

export function Page({ title, kind, parent, badge, actions, lead, children }: PageProps) {
  const { key } = useLocation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title === "Bussola" ? title : `${title} · Bussola`;
  }, [title]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a page that stays while its query changes keeps the focus
  useEffect(() => {
    // The router's word for the address that the app began with.
    if (key !== "default") hasMoved = true;
    if (hasMoved) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className={css.page}>
      <header className={css.head}>
        <div className={css.titles}>
          {parent && (
            <nav aria-label="Breadcrumb" className={css.parent}>
              <Link to={parent.to}>{parent.title}</Link>
              <Icon name="right" size={11} />
            </nav>
          )}
          <h1 ref={heading} tabIndex={-1} className={css.title}>
            {title}
          </h1>
          {kind && <span className={css.kind}>{kind}</span>}
          {badge}
        </div>
        {actions && <div className={css.actions}>{actions}</div>}
      </header>
      {lead && <div className={css.lead}>{lead}</div>}
      {children}
    </div>
  );
}

export function Section(props: { title: string; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className={css.section} aria-labelledby={id}>
      <div className={css.sectionHead}>
        <h2 id={id}>{props.title}</h2>
        {props.note && <span className={css.note}>{props.note}</span>}
        {props.actions && <div className={css.actions}>{props.actions}</div>}
      </div>
      {props.children}
    </section>
  );
}

/** Sections beside each other where there is room. */
export function Columns({ children, narrowSecond }: { children: ReactNode; narrowSecond?: boolean }) {
  return (
    <div className={css.columns} data-narrow-second={narrowSecond || undefined}>
      {children}
    </div>
  );
}

export function Card({ title, children, tone }: { title: string; children: ReactNode; tone?: "bad" | undefined }) {
  const id = useId();
  return (
    // biome-ignore lint/a11y/useSemanticElements: not a landmark, of which there would be too many; not a form's part either
    <div className={css.card} data-tone={tone} role="group" aria-labelledby={id}>
      <h2 id={id} className={css.cardTitle}>
        {title}
      </h2>
      <div className={css.cardBody}>{children}</div>
    </div>
  );
}

export function Cards({ children }: { children: ReactNode }) {
  return <div className={css.cards}>{children}</div>;
}

export interface Property {
  name: ReactNode;
  /** Tells it from others, where the name does not. */
  key?: string;
  value: ReactNode;
  /** Where it is said, and how long that has been so. */
  source?: ReactNode;
}

/** Names and values. What has no value is left out by whoever calls, unless its absence says something. */
export function Properties({ items }: { items: Property[] }) {
  return (
    <dl className={css.properties}>
      {items.map((item) => (
        <div key={item.key ?? String(item.name)} className={css.property}>
          <dt>{item.name}</dt>
          <dd>
            <span>{item.value}</span>
            {item.source && <span className={css.source}>{item.source}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Secondary words. */
export function Dim({ children }: { children: ReactNode }) {
  return <span className={css.dim}>{children}</span>;
}

/** How lines are numbered, and which of them are what it is about. */
interface Lines {
  first: number;
  from?: number;
  to?: number;
}

/** A text as it is: a traceback, a manifest. */
export function Verbatim({ text, label, lines }: { text: string; label: string; lines?: Lines }) {
  const box = useRef<HTMLPreElement>(null);
  const from = lines?.from;
  // What it is about is in sight, without the page being moved.
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>(`[data-line="${from}"]`);
    if (line && box.current) box.current.scrollTop = Math.max(0, line.offsetTop - box.current.offsetTop - 24);
  }, [from]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section keeps no line breaks
    <pre
      ref={box}
      className={css.verbatim}
      role="region"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
      tabIndex={0}
      data-lines={lines ? true : undefined}
    >
      {lines
        ? text
            .replace(/\n$/, "")
            .split("\n")
            .map((line, index) => {
              const number = lines.first + index;
              const isAside = lines.from !== undefined && (number < lines.from || number > (lines.to ?? number));
              return (
                <span key={number} data-line={number} data-aside={isAside || undefined}>
                  {line}
                  {"\n"}
                </span>
              );
            })
        : text}
    </pre>
  );
}

/** Things in a row that wraps. */
export function Inline({ children }: { children: ReactNode }) {
  return <span className={css.inline}>{children}</span>;
}

/** A short list, one thing a line. */
export function List({ children }: { children: ReactNode }) {
  return <ul className={css.list}>{children}</ul>;
}
