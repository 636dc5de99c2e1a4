// A note at the cursor, or at this moment.

import { useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { writeNote } from "./run-header.tsx";

/** Asks for the text of a note. */
export function NoteDialog(props: { onClose: () => void }) {
  const [text, setText] = useState("");
  return (
    <Dialog title="Add note" onClose={props.onClose}>
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          if (text.trim() !== "" && (await writeNote(text.trim()))) {
            props.onClose();
          }
        }}
      >
        <Field label="Note" value={text} onValue={setText} isFirst hint="Shown on all charts." />
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
