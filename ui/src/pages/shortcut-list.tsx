// The list of keys, with the switch that turns them off.

import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Check } from "../parts/field.tsx";
import { hasKeys } from "../state/settings.ts";
import { isListOpen } from "./shortcuts.ts";

const LIST = [
  ["/", "Filter"],
  [
    "g, then o e f w l s r",
    "Go to a tab: overview, endpoints, failures, workers, log, setup, runs",
  ],
  ["j k Enter", "Move in a table, open a row"],
  ["u", "Change users"],
  ["Shift+S", "Stop test"],
  ["n", "Note at the cursor"],
  ["y", "Logarithmic or linear axis"],
  ["t", "Elapsed time or clock"],
  ["c", "Copy link"],
  ["Esc", "Close, show all of the run"],
  ["?", "This list"],
] as const;

/** The list. */
export function ShortcutList() {
  const close = () => {
    isListOpen.value = false;
  };
  return (
    <Dialog title="Keyboard" onClose={close} isWide>
      <dl class="keys">
        {LIST.map(([keys, text]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
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
