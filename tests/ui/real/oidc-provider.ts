// A provider of OpenID Connect on loopback: the package of that name, which is a certified one, with
// its own pages for signing in. Any name and any password do; the name is the e-mail address.

import { createServer, type RequestListener } from "node:http";

type Library = {
  Provider: new (issuer: string, configuration: object) => { callback: () => RequestListener };
};

/** What gregaria is called there, and its secret. */
export const CLIENT = { id: "gregaria", secret: "hush hush" };

/** A provider that is being served. */
export interface Served {
  readonly issuer: string;
  readonly close: () => Promise<void>;
}

/** What the provider says of settings that nobody needs in a test. */
const ADVICE = /^\S*oidc-provider (WARNING|NOTICE)/;

/** Leaves that advice out of what the tests say. */
function withoutAdvice(): void {
  for (const name of ["info", "warn"] as const) {
    // biome-ignore lint/suspicious/noConsole: it is the package that says it
    const say = console[name];
    console[name] = (...words: unknown[]) => {
      if (!ADVICE.test(String(words[0]))) {
        say(...words);
      }
    };
  }
}

/** Serves a provider that leads back to these addresses. Nobody's address is verified that has "new". */
export async function serveProvider(redirectUris: readonly string[]): Promise<Served> {
  let answer: RequestListener = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const { port } = server.address() as { port: number };
  const issuer = `http://127.0.0.1:${port}`;
  withoutAdvice();
  // @ts-expect-error: the package comes without types, and this is all that is used of it.
  const { Provider } = (await import("oidc-provider")) as Library;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: redirectUris,
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: ["of a test"] },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: !id.includes("new") }),
    }),
  });
  answer = provider.callback();
  return {
    issuer,
    close: () =>
      new Promise((settle) => {
        server.closeAllConnections();
        server.close(() => settle());
      }),
  };
}
