// The list of keys, with the switch that turns them off.

import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Check } from "../parts/field.tsx";
import { hasKeys } from "../state/settings.ts";
import { isListOpen } from "./shortcuts.ts";
import "../style/later.ts";

const GROUPS = [
  [
    "On every page",
    [
      ["/", "Filter"],
      ["j k Enter", "Move in a table, open a row"],
      ["Esc", "Close"],
      ["?", "This list"],
    ],
  ],
  [
    "On the page of a run",
    [
      [
        "g, then o e f w l s r",
        "Go to a tab: overview, endpoints, failures, workers, log, setup, runs",
      ],
      ["u", "Change users"],
      ["Shift+S", "Stop test"],
      ["n", "Note at the cursor"],
      ["y", "Logarithmic or linear axis"],
      ["t", "Elapsed time or clock"],
      ["c", "Copy link"],
      ["Esc", "Show all of the run"],
    ],
  ],
] as const;

/** The list. */
export function ShortcutList() {
  const close = () => {
    isListOpen.value = false;
  };
  return (
    <Dialog title="Keyboard" onClose={close} isWide>
      {GROUPS.map(([where, keys]) => (
        <section class="key-group" key={where}>
          <h3>{where}</h3>
          <dl class="keys">
            {keys.map(([key, text]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <Check
        label="Single keys are shortcuts"
        isOn={hasKeys.value}
        onChange={(isOn) => {
          hasKeys.value = isOn;
        }}
      />
      <div class="row end">
        <Button data-first="" onClick={close}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
