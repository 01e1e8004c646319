/** Where one can go. On a narrow screen it is a drawer. */

import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { NavLink } from "react-router";
import { paths, queries } from "../api";
import { Icon, IconButton, type IconName } from "../kit";
import css from "./navigation.module.css";

interface Place {
  title: string;
  path: string;
  icon: IconName;
  /** After `g`. */
  key: string;
}

export const places: Place[] = [
  { title: "Home", path: paths.home(), icon: "home", key: "h" },
  { title: "Catalog", path: paths.catalog(), icon: "catalog", key: "c" },
  { title: "Teams", path: paths.teams(), icon: "teams", key: "t" },
  { title: "Pipelines", path: paths.pipelines(), icon: "pipelines", key: "p" },
  { title: "Runs", path: paths.runs(), icon: "runs", key: "r" },
  { title: "Workers", path: paths.workers(), icon: "workers", key: "w" },
  { title: "Resources", path: paths.resources(), icon: "resources", key: "s" },
  { title: "Ledger", path: paths.ledger(), icon: "ledger", key: "l" },
];

export function Navigation({ isDrawerOpen, onClose }: { isDrawerOpen: boolean; onClose: () => void }) {
  const status = useQuery(queries.status());
  const drawer = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isDrawerOpen) drawer.current?.querySelector<HTMLElement>("a")?.focus();
  }, [isDrawerOpen]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isDrawerOpen) onClose();
  };
  return (
    <>
      {isDrawerOpen && (
        <button type="button" className={css.veil} aria-label="Close the navigation" onClick={onClose} />
      )}
      <nav
        ref={drawer}
        aria-label="Main"
        className={css.side}
        data-open={isDrawerOpen || undefined}
        onKeyDown={onKeyDown}
      >
        <div className={css.inner}>
          <div className={css.brand}>
            <Mark />
            Bussola
            <span className={css.close}>
              <IconButton icon="close" label="Close the navigation" onClick={onClose} />
            </span>
          </div>
          <div className={css.places}>
            {places.map(({ title, path, icon }) => (
              <NavLink key={path} to={path} end={path === "/"} className={css.place}>
                <Icon name={icon} />
                {title}
                {path === paths.runs() && !!status.data?.runs_live && (
                  <span className={css.count} title="Runs whose worker is still here">
                    {status.data.runs_live}
                  </span>
                )}
              </NavLink>
            ))}
          </div>
          <div className={css.foot}>
            {status.data?.paused && <span className={css.paused}>The scheduler is paused</span>}
            {status.data && <span>Version {status.data.version}</span>}
          </div>
        </div>
      </nav>
    </>
  );
}

function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#2450c8" />
      <circle cx="16" cy="16" r="9.5" fill="none" stroke="#fff" strokeWidth="2" opacity=".55" />
      <path d="M21.5 10.5 17.8 17.8 10.5 21.5 14.2 14.2Z" fill="#fff" />
    </svg>
  );
}
