// Choosing the file of the test out of those that lie where gregaria was started.

import { useEffect, useRef, useState } from "preact/hooks";
import type { TestChoices } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { isDone } from "../state/commands.ts";
import { chooseTest, getTestFiles } from "../state/orders.ts";

/** Asks which file shall be the test; the server begins anew with it. */
export function ChooseDialog(props: { onClose: () => void }) {
  const { onClose } = props;
  const [choices, setChoices] = useState<TestChoices | null>(null);
  const [file, setFile] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  useEffect(() => {
    void getTestFiles().then((answer) => {
      if (!isDone(answer)) {
        onClose();
        return;
      }
      setChoices(answer.value);
      setFile(answer.value.files.find((one) => one.is_likely)?.name ?? null);
    });
  }, []);
  const hasFiles = choices !== null && choices.files.length > 0;
  return (
    <Dialog title="Choose file" onClose={onClose}>
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          if (file === null) {
            return;
          }
          setIsBusy(true);
          if (await chooseTest(file)) {
            onClose();
          }
          setIsBusy(false);
        }}
      >
        {choices === null && (
          <p class="waiting" role="status">
            Loading…
          </p>
        )}
        {hasFiles && <Files choices={choices} file={file} onFile={setFile} />}
        {choices !== null && !hasFiles && (
          <p>
            There is no Python file in <code>{choices.folder}</code> or in folders below it. Write
            one there, and choose again.
          </p>
        )}
        <p class="hint">
          A file elsewhere is named where gregaria is started:{" "}
          <code>gregaria -f path/to/test.py</code>
        </p>
        <div class="row end">
          <Button onClick={onClose}>Cancel</Button>
          {hasFiles && (
            <Button kind="main" isSubmit disabled={file === null || isBusy}>
              Use this file
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

function Files(props: {
  choices: TestChoices;
  file: string | null;
  onFile: (file: string) => void;
}) {
  const { folder, files, is_cut } = props.choices;
  const list = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    const input = (which: string) => list.current?.querySelector<HTMLElement>(`input${which}`);
    (input(":checked") ?? input(""))?.focus();
  }, []);
  return (
    <fieldset ref={list} class="file-choice">
      <legend>
        Python files in <code>{folder}</code>
      </legend>
      {files.map((one) => (
        <label key={one.name} class="check">
          <input
            type="radio"
            name="file"
            value={one.name}
            checked={one.name === props.file}
            onChange={() => props.onFile(one.name)}
          />
          <span>
            <code>{one.name}</code>
            {!one.is_likely && <span class="note"> no locustfile by its look</span>}
          </span>
        </label>
      ))}
      {is_cut && <p class="hint">There may be more: only the nearest are shown.</p>}
    </fieldset>
  );
}
