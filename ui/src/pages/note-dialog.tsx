// A note at the cursor, or at this moment.

import { useState } from "preact/hooks";
import { formatElapsed } from "../format.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { note } from "../state/orders.ts";
import { state } from "../state/run.ts";

/** Asks for the text of a note; `at` is its moment in seconds since the start of the run. */
export function NoteDialog(props: { run: number; at: number | null; onClose: () => void }) {
  const { run, at } = props;
  const start = state.value?.started_at ?? null;
  const time = at === null || start === null ? null : start + at;
  const [text, setText] = useState("");
  return (
    <Dialog title="Add note" onClose={props.onClose}>
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          if (text.trim() !== "" && (await note(run, text.trim(), time))) {
            props.onClose();
          }
        }}
      >
        <Field
          label="Note"
          value={text}
          onValue={setText}
          isFirst
          hint={`${time === null ? "" : `At ${formatElapsed(at)}. `}Shown on all charts.`}
        />
        <div class="row end">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="main" isSubmit>
            Add note
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
