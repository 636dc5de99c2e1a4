// Signing in: by a provider, and by a real form, so that password managers work.

import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { Field } from "../parts/field.tsx";
import { signIn } from "../state/orders.ts";
import { go, href, query } from "../state/place.ts";
import { isSignedIn, session } from "../state/session.ts";
import "../style/later.ts";

/** Why the provider has not let somebody in, by the server's word for it. */
const PROBLEMS: Readonly<Record<string, (provider: string) => string>> = {
  unavailable: (provider) => `${provider} does not answer. Try again in a moment.`,
  unknown: () => "That sign-in has taken too long, or began in another window. Begin again.",
  refused: (provider) => `${provider} has not let you in.`,
  untrusted: (provider) => `The answer of ${provider} cannot be trusted. The log says why.`,
  unverified: (provider) => `${provider} has not verified your e-mail address.`,
  unlisted: (provider) =>
    `Your account at ${provider} is not among those who may sign in here. Ask whoever runs gregaria.`,
  lost: () => "This browser has not kept the sign-in. Allow cookies of this page.",
};

/** Problems after which the provider shall ask again who it is. */
const OF_ACCOUNT = ["refused", "unverified", "unlisted"];

/** The sign-in; it leads back to where somebody wanted to go. */
export function Login() {
  const next = query.value.get("next") ?? "/";
  // As the server has it: a browser drops tabs, and may then read the address of another site.
  const back = /^\/(?!\/)[!-[\]-~]*$/.test(next) ? next : "/";
  const who = session.value;
  // The provider leads here, and not to where somebody wanted to go: the session's cookie is not sent
  // along where another site has led the browser, but it is with what this page asks for.
  const isReturn = query.value.get("by") === "provider";
  const isDone = isReturn && isSignedIn.value;
  useEffect(() => {
    if (isDone) {
      go(back, true);
    }
  }, [isDone]);
  return (
    <main class="content narrow login" id="main">
      <h1>Sign in</h1>
      {(who === null || isDone) && (
        <p class="waiting" role="status">
          Loading…
        </p>
      )}
      {who !== null && !isDone && who.provider !== null && (
        <ByProvider
          name={who.provider}
          back={back}
          problem={isReturn ? "lost" : query.value.get("problem")}
        />
      )}
      {who !== null && !isDone && (who.has_passwords || who.provider === null) && (
        <ByPassword back={back} isMain={who.provider === null} />
      )}
    </main>
  );
}

function ByProvider(props: { name: string; back: string; problem: string | null }) {
  const { name, back, problem } = props;
  const words = PROBLEMS[problem ?? ""];
  const query = new URLSearchParams({ next: back });
  if (OF_ACCOUNT.includes(problem ?? "")) {
    query.set("again", "1");
  }
  return (
    <section class="card form" aria-label={name}>
      {words && (
        <p class="fault" role="alert">
          {words(name)}
        </p>
      )}
      {/* The browser itself goes there: the way leads over another site. */}
      <a class="button main" href={href(`/login/oidc?${query}`)} target="_self">
        Continue with {name}
      </a>
    </section>
  );
}

function ByPassword(props: { back: string; isMain: boolean }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  async function submit(): Promise<void> {
    setIsBusy(true);
    const answer = await signIn(name, password);
    setIsBusy(false);
    if (answer.kind === "done") {
      go(props.back, true);
    } else if (answer.kind === "refused") {
      setError(answer.problem.message);
    } else {
      setError("The server does not answer.");
    }
  }

  return (
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
      <Button kind={props.isMain ? "main" : "plain"} isSubmit disabled={isBusy}>
        Sign in
      </Button>
    </form>
  );
}
