// The page: settings first, so that nothing is drawn in the wrong colours, then who looks, then all.

import { render } from "preact";
import "./style/tokens.css";
import "./style/base.css";
import "./style/parts.css";
import "./style/pages.css";
import "./style/screens.css";
import { App } from "./app.tsx";
import { followPaper } from "./chart/paper.ts";
import { followAddress } from "./state/place.ts";
import { followRun } from "./state/run.ts";
import { loadSession } from "./state/session.ts";
import { applySettings } from "./state/settings.ts";

/** Time between two attempts to reach a server that does not answer. */
const AGAIN_MS = 2000;

async function begin(): Promise<void> {
  if (await loadSession()) {
    followRun();
  } else {
    setTimeout(() => void begin(), AGAIN_MS);
  }
}

applySettings();
followPaper();
followAddress();
document.addEventListener("DOMContentLoaded", () => {
  const root = document.createElement("div");
  root.id = "app";
  document.body.append(root);
  render(<App />, root);
  void begin();
});
