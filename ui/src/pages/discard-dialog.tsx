// The question before a run is deleted.

import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { forgetRun } from "../state/orders.ts";

/** Asks, and deletes. `onDone` is called after that, `onClose` if it was not wanted or not done. */
export function DiscardDialog(props: { run: number; onClose: () => void; onDone: () => void }) {
  return (
    <Dialog title={`Delete run ${props.run}?`} onClose={props.onClose}>
      <p>Its report file stays valid.</p>
      <div class="row end">
        <Button data-first="" onClick={props.onClose}>
          Cancel
        </Button>
        <Button
          kind="stop"
          onClick={async () => {
            const isGone = await forgetRun(props.run);
            props.onClose();
            if (isGone) {
              props.onDone();
            }
          }}
        >
          Delete
        </Button>
      </div>
    </Dialog>
  );
}
