// The question before a host is loaded that one may not own. The server decides whether it is asked.

import { useState } from "preact/hooks";
import { plural } from "../format.ts";
import type { ConfirmRequired } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";

/** Asks for the name of the host, typed. */
export function GuardDialog(props: {
  question: ConfirmRequired;
  onCancel: () => void;
  onConfirm: (host: string) => void;
}) {
  const { question } = props;
  const host = question.host ?? "";
  const [typed, setTyped] = useState("");
  const isRight = typed.trim().toLowerCase() === host.toLowerCase();
  const [first] = question.addresses;
  const where =
    first === undefined
      ? ""
      : ` (${first}, ${plural(question.addresses.length, "address", "addresses")})`;
  return (
    <Dialog title={`Is ${host} yours to test?`} onClose={props.onCancel}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isRight) {
            props.onConfirm(typed.trim());
          }
        }}
      >
        <p>
          This will send load to <b>{host}</b>
          {where}. Load you are not allowed to send can break a service and can be an offence.
        </p>
        <Field
          label={
            <>
              Type <b>{host}</b> to confirm
            </>
          }
          value={typed}
          onValue={setTyped}
          autocomplete="off"
          error={typed !== "" && !isRight ? `This is not ${host}.` : null}
        />
        <div class="row end">
          <Button data-first="" onClick={props.onCancel}>
            Cancel
          </Button>
          <Button kind="main" isSubmit disabled={!isRight}>
            Start test
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
