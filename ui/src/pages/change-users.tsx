// Changing users: a panel below its button, so that the charts show what comes of it.

import { useEffect, useRef, useState } from "preact/hooks";
import { formatCount } from "../format.ts";
import type { ConfirmRequired, State } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { Field } from "../parts/field.tsx";
import { setUsers } from "../state/orders.ts";
import "../style/later.ts";

/** The panel below the button. */
export function UsersPanel(props: { run: number; state: State; onDone: () => void }) {
  const { state } = props;
  const [users, setUserText] = useState(String(state.users.target));
  const [rate, setRate] = useState(String(state.load?.spawn_rate ?? ""));
  const [question, setQuestion] = useState<ConfirmRequired | null>(null);
  const [error, setError] = useState<string | null>(null);
  const wanted = Number(users);
  const form = useRef<HTMLFormElement>(null);
  // The panel comes after the button was pressed: whoever opened it by a key goes on typing.
  useEffect(() => form.current?.querySelector("input")?.select(), []);
  const step = (part: number) =>
    setUserText(String(Math.max(1, Math.round(Number(users) * (1 + part)))));

  async function apply(token: string | null): Promise<void> {
    if (!Number.isInteger(wanted) || wanted < 1) {
      setError("A whole number of users, at least 1.");
      return;
    }
    setError(null);
    const speed = Number(rate) > 0 ? Number(rate) : null;
    const answer = await setUsers(props.run, wanted, speed, token);
    if (answer === "done") {
      props.onDone();
    } else if (answer !== "failed") {
      setQuestion(answer);
    }
  }

  return (
    <form
      ref={form}
      class="change-users"
      onSubmit={(event) => {
        event.preventDefault();
        void apply(null);
      }}
    >
      <Field
        label="Users"
        type="number"
        value={users}
        onValue={(value) => {
          setUserText(value);
          setQuestion(null);
        }}
        error={error}
        isFirst
      />
      <div class="row">
        <Button onClick={() => step(-0.1)}>−10 %</Button>
        <Button onClick={() => step(0.1)}>+10 %</Button>
      </div>
      <Field label="Started or stopped a second" type="number" value={rate} onValue={setRate} />
      {question ? (
        <div class="ask" role="alert">
          <p>
            Raise from {formatCount(question.from_users ?? state.users.target)} to{" "}
            {formatCount(question.to_users ?? wanted)} users?
          </p>
          <div class="row">
            <Button kind="main" onClick={() => void apply(question.token)}>
              Raise
            </Button>
            <Button onClick={() => setQuestion(null)}>Cancel</Button>
          </div>
        </div>
      ) : (
        <Button kind="main" isSubmit>
          Apply
        </Button>
      )}
    </form>
  );
}
