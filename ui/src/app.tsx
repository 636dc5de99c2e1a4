// Addresses to pages, and what stands around every page.

import { useEffect } from "preact/hooks";
import { Run } from "./pages/run.tsx";
import { isListOpen, useKeys } from "./pages/shortcuts.ts";
import { Button } from "./parts/button.tsx";
import { lazy } from "./parts/lazy.tsx";
import { Menu } from "./parts/menu.tsx";
import { Strip } from "./parts/pill.tsx";
import { Announcer, Toasts } from "./parts/toast.tsx";
import { aftermath, forgetAftermath } from "./state/aftermath.ts";
import { cloud } from "./state/cloud.ts";
import { getRuns } from "./state/commands.ts";
import { go, href, place } from "./state/place.ts";
import { isOld, link, server } from "./state/run.ts";
import { askToSignIn, mustSignIn, session } from "./state/session.ts";
import { atOnce, dismiss, politely, toasts } from "./state/tell.ts";
import { lostText } from "./words.ts";

const CloudLine = lazy(() => import("./pages/cloud-line.tsx").then((page) => page.CloudLine));
const ComparePage = lazy(() => import("./pages/compare.tsx").then((page) => page.ComparePage));
const Login = lazy(() => import("./pages/login.tsx").then((page) => page.Login));
const New = lazy(() => import("./pages/new.tsx").then((page) => page.New));
const ShortcutList = lazy(() =>
  import("./pages/shortcut-list.tsx").then((page) => page.ShortcutList),
);
const BarMenu = lazy(() => import("./pages/bar-menu.tsx").then((page) => page.BarMenu));
const Runs = lazy(() => import("./pages/runs.tsx").then((page) => page.Runs));

/** The whole page. */
export function App() {
  useKeys();
  const where = place.value;
  const isSigningIn = where.page === "login";
  const asks = mustSignIn.value && !isSigningIn;
  useEffect(() => {
    if (asks) {
      askToSignIn();
    }
  }, [asks]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      {!isSigningIn && <Bar />}
      {isOld.value && (
        <Strip tone="plain">
          The page is older than the server.{" "}
          <Button kind="quiet" onClick={() => window.location.reload()}>
            Reload
          </Button>
        </Strip>
      )}
      {where.page !== "run" && !isSigningIn && cloud.value !== null && <CloudLine />}
      {where.page !== "run" && !isSigningIn && <LinkStrip />}
      {asks ? <p class="waiting">Loading…</p> : <Page />}
      {isListOpen.value && <ShortcutList />}
      <Toasts toasts={toasts.value} onDismiss={dismiss} />
      <Announcer politely={politely.value} atOnce={atOnce.value} />
    </>
  );
}

function Page() {
  const where = place.value;
  switch (where.page) {
    case "home":
      return <Home />;
    case "login":
      return <Login />;
    case "new":
      return <New />;
    case "runs":
      return <Runs />;
    case "compare":
      return <ComparePage />;
    case "run":
      return <Run key={where.run} run={where.run} tab={where.tab} />;
    case "unknown":
      return (
        <main class="content narrow" id="main">
          <h1>There is no such page</h1>
          <p>
            <a href={href("/runs")}>All runs</a> or a <a href={href("/new")}>new test</a>?
          </p>
        </main>
      );
  }
}

/** The running test, else the latest run, else the form. */
function Home() {
  const run = server.value?.run;
  const hasError = server.value?.test_error != null;
  useEffect(() => {
    let isWanted = true;
    const show = (id: number | null | undefined) => {
      if (isWanted) {
        go(id == null ? "/new" : `/runs/${id}/overview`, true);
      }
    };
    if (typeof run === "number") {
      show(run);
    } else if (run === null && hasError) {
      show(null);
    } else if (run === null) {
      // Without a store, and if it cannot be read, there are no earlier ones.
      void getRuns(1).then((answer) =>
        show(answer.kind === "done" ? answer.value.runs[0]?.id : null),
      );
    }
    return () => {
      isWanted = false;
    };
  }, [run, hasError]);
  return (
    <main class="content" id="main">
      <h1 class="unseen">gregaria</h1>
      <p class="waiting" role="status">
        {link.value.kind === "lost" ? "The server does not answer." : "Loading…"}
      </p>
    </main>
  );
}

function LinkStrip() {
  if (link.value.kind === "lost") {
    return <Strip tone="danger">⚠ {lostText(link.value.since)}</Strip>;
  }
  if (aftermath.value === null) {
    return null;
  }
  const { text, cut } = aftermath.value;
  return (
    <Strip tone="plain">
      {text}{" "}
      {cut !== null && (
        <a href={href(`/runs/${cut}/overview`)} onClick={forgetAftermath}>
          Open run {cut}
        </a>
      )}
    </Strip>
  );
}

/** The narrow bar on top: where else one can go. */
function Bar() {
  const who = session.value;
  return (
    <nav class="top" aria-label="Pages">
      <a class="brand" href={href("/")}>
        gregaria
      </a>
      <div class="top-links">
        <a href={href("/new")} aria-current={place.value.page === "new" ? "page" : undefined}>
          New test
        </a>
        <a href={href("/runs")} aria-current={place.value.page === "runs" ? "page" : undefined}>
          Runs
        </a>
      </div>
      <Menu label={who?.name ?? "Menu"} kind="quiet">
        {(close) => <BarMenu close={close} />}
      </Menu>
    </nav>
  );
}
