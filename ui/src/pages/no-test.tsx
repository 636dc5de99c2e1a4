// What stands in place of the form while there is no test that could be started.

import { useState } from "preact/hooks";
import type { TestError } from "../model.ts";
import { Button, CopyButton } from "../parts/button.tsx";
import { Traceback } from "../parts/failure-table.tsx";
import { lazy } from "../parts/lazy.tsx";
import { Pill } from "../parts/pill.tsx";
import { reloadFiles } from "../state/orders.ts";
import { isOperator } from "../state/session.ts";
import { asSentence, type Pill as Looks } from "../words.ts";
import "../style/later.ts";

const SAMPLE = `from locust import HttpUser, task


class Visitor(HttpUser):
    host = "http://localhost:8000"

    @task
    def front_page(self):
        self.client.get("/")
`;

const ChooseDialog = lazy(() => import("./choose-dialog.tsx").then((page) => page.ChooseDialog));

/** Why there is no test. It is looked at again when its files change and when somebody asks, and another
 * one can be chosen. */
export function NoTest(props: { error: TestError }) {
  const { error } = props;
  const [isChoosing, setIsChoosing] = useState(false);
  const isMissing = error.kind === "missing";
  return (
    <section class="card section no-test" aria-label="Test">
      <header class="section-head">
        <Pill {...testErrorPill(error)} />
        {isOperator.value && (
          <div class="row">
            <ReloadButton />
            <Button kind={isMissing ? "main" : "quiet"} onClick={() => setIsChoosing(true)}>
              Choose file
            </Button>
          </div>
        )}
      </header>
      {isMissing ? (
        <>
          <p>
            No test file at <code>{error.path}</code>. Waiting; it loads when it appears.
          </p>
          <p class="note">{asSentence(error.text)}</p>
          <figure>
            <figcaption>
              A test to begin with <CopyButton text={SAMPLE} />
            </figcaption>
            <pre tabIndex={0}>{SAMPLE}</pre>
          </figure>
        </>
      ) : (
        <>
          <p>
            <code>{error.path}</code> cannot be run. It loads when its files are changed.
          </p>
          <Traceback text={error.text} />
        </>
      )}
      {isChoosing && <ChooseDialog onClose={() => setIsChoosing(false)} />}
    </section>
  );
}

/** Reads the files of the test again. */
export function ReloadButton() {
  return (
    <Button kind="quiet" onClick={() => void reloadFiles()}>
      Reload file
    </Button>
  );
}

/** The pill in place of a test that cannot be run. */
function testErrorPill(error: TestError): Looks {
  return error.kind === "missing"
    ? { shape: "○", word: "No test", tone: "plain" }
    : { shape: "✕", word: "Test has an error", tone: "danger" };
}
