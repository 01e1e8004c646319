/** What stands around every page: the navigation, the header, the palette; and which page an address leads to. */

import { useQuery } from "@tanstack/react-query";
import { type ComponentType, lazy, Suspense, useEffect, useState } from "react";
import { Link, Route, Routes, useLocation, useNavigate, useParams } from "react-router";
import { paths, queries } from "../api";
import { HelpSheet, IconButton, Notices, type Shortcut, Skeleton, useShortcuts } from "../kit";
import css from "./app.module.css";
import { Boundary } from "./boundary";
import { ConnectionState } from "./connection";
import { Navigation, places } from "./navigation";
import { NotFound } from "./not-found";
import { Palette } from "./palette";
import { SchemeSwitch } from "./scheme-switch";
import { Known, SignedIn, Who } from "./who";

const LOAD_OTHERS_MS = 1_500;

/** Pages come when they are gone to, and the others once there is time: they are small, and the server may be away later. */
const loads: (() => Promise<unknown>)[] = [];

function page(load: () => Promise<{ default: ComponentType }>) {
  loads.push(load);
  return lazy(load);
}

const Home = page(() => import("../pages/home"));
const Catalog = page(() => import("../pages/catalog"));
const Component = page(() => import("../pages/component"));
const Teams = page(() => import("../pages/teams"));
const Team = page(() => import("../pages/team"));
const Pipelines = page(() => import("../pages/pipelines"));
const Runs = page(() => import("../pages/runs"));
const Run = page(() => import("../pages/run"));
const Explain = page(() => import("../pages/explain"));
const Compare = page(() => import("../pages/compare"));
const Workers = page(() => import("../pages/workers"));
const Resources = page(() => import("../pages/resources"));
const Ledger = page(() => import("../pages/ledger"));
const Access = page(() => import("../pages/access"));

export function App() {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [isPaletteOpen, openPalette] = useState(false);
  const [isHelpOpen, openHelp] = useState(false);
  const [isDrawerOpen, openDrawer] = useState(false);
  const shortcuts: Shortcut[] = [
    { keys: "mod+k", title: "Go to anything", run: () => openPalette(true) },
    { keys: "/", title: "Go to anything", run: () => openPalette(true) },
    { keys: "?", title: "This sheet", run: () => openHelp(true) },
    ...places.map(({ title, path, key }) => ({ keys: `g ${key}`, title, run: () => void navigate(path) })),
  ];
  const { isOn, setOn } = useShortcuts(shortcuts);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page begins at its top, with the drawer put away
  useEffect(() => {
    window.scrollTo(0, 0);
    openDrawer(false);
  }, [pathname]);

  useEffect(() => {
    const timer = window.setTimeout(() => {
      // One that does not come is asked for again when it is gone to.
      for (const load of loads) load().catch(() => {});
    }, LOAD_OTHERS_MS);
    return () => window.clearTimeout(timer);
  }, []);

  return (
    <div className={css.app}>
      <a href="#main" className={css.skip}>
        Skip to the page
      </a>
      <Navigation isDrawerOpen={isDrawerOpen} onClose={() => openDrawer(false)} />
      <div className={css.side}>
        <header className={css.header}>
          <span className={css.menu}>
            <IconButton icon="menu" label="Open the navigation" onClick={() => openDrawer(true)} />
          </span>
          <button type="button" className={css.search} onClick={() => openPalette(true)}>
            Go to anything
            <kbd>{navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K"}</kbd>
          </button>
          <span className={css.tools}>
            <Who />
            <Known>
              <ConnectionState />
            </Known>
            <SchemeSwitch />
            <span className={css.help}>
              <IconButton icon="keyboard" label="Keyboard shortcuts" onClick={() => openHelp(true)} />
            </span>
          </span>
        </header>
        <main id="main" tabIndex={-1} className={css.main}>
          <PausedBar />
          {/* Keyed by the address: a page that failed does not stand in the way of the next. */}
          <Boundary key={pathname}>
            <Suspense
              fallback={
                <div className={css.loading}>
                  <Skeleton lines={6} label="Loading the page" />
                </div>
              }
            >
              <SignedIn>
                <Routes>
                  <Route path={paths.home()} element={<Home />} />
                  <Route path="/catalog" element={<Catalog />} />
                  <Route path="/catalog/:kind/:namespace/:name" element={<Component />} />
                  <Route path="/teams" element={<Teams />} />
                  <Route path="/teams/:owner" element={<Team />} />
                  <Route path="/pipelines" element={<Pipelines />} />
                  <Route path="/runs" element={<Runs />} />
                  <Route path="/runs/:id" element={<Numbered page={<Run />} />} />
                  <Route path="/runs/:id/explain" element={<Numbered page={<Explain />} />} />
                  <Route path="/tasks/:task/explain" element={<Explain />} />
                  <Route path="/runs/compare" element={<Compare />} />
                  <Route path="/workers" element={<Workers />} />
                  <Route path="/resources" element={<Resources />} />
                  <Route path="/ledger" element={<Ledger />} />
                  <Route path={paths.access()} element={<Access />} />
                  <Route path="*" element={<NotFound />} />
                </Routes>
              </SignedIn>
            </Suspense>
          </Boundary>
        </main>
      </div>
      <Palette isOpen={isPaletteOpen} onClose={() => openPalette(false)} />
      <HelpSheet isOpen={isHelpOpen} onClose={() => openHelp(false)} shortcuts={shortcuts} isOn={isOn} setOn={setOn} />
      <Notices />
    </div>
  );
}

/** A page of something that has a number. */
function Numbered({ page }: { page: React.ReactNode }) {
  return /^\d+$/.test(useParams().id ?? "") ? page : <NotFound />;
}

/** Whoever waits for a run has to know it, whatever page is open. */
function PausedBar() {
  const { data } = useQuery(queries.status());
  if (!data?.paused) return null;
  return (
    <p className={css.paused} role="status">
      Paused: what runs goes on, and nothing more is handed out.{" "}
      <Link to={paths.workers()}>Workers and the switch</Link>
    </p>
  );
}
