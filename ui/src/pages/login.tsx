// Signing in: a real form, so that password managers work.

import { useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { Field } from "../parts/field.tsx";
import { go, query } from "../state/place.ts";
import { signIn } from "../state/session.ts";
import "../style/later.ts";

/** The sign-in; it leads back to where somebody wanted to go. */
export function Login() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  async function submit(): Promise<void> {
    setIsBusy(true);
    const answer = await signIn(name, password);
    setIsBusy(false);
    if (answer.kind === "done") {
      const back = query.value.get("next") ?? "/";
      go(/^\/(?!\/)/.test(back) ? back : "/", true);
    } else if (answer.kind === "refused") {
      setError(answer.problem.message);
    } else {
      setError("The server does not answer.");
    }
  }

  return (
    <main class="content narrow login" id="main">
      <h1>Sign in</h1>
      <form
        class="card form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          label="Name"
          name="username"
          autocomplete="username"
          value={name}
          onValue={setName}
          isRequired
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autocomplete="current-password"
          value={password}
          onValue={setPassword}
          isRequired
        />
        {error !== null && (
          <p class="fault" role="alert">
            {error}
          </p>
        )}
        <Button kind="main" isSubmit disabled={isBusy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
