// Every screen, by the address that leads to it and by a text that says that it is there.

/** Address of each screen and what is seen when it is drawn. */
export const SCREENS: readonly (readonly [path: string, text: string])[] = [
  ["/login", "Sign in"],
  ["/new", "Start test"],
  ["/runs", "checkout-peak"],
  ["/runs/42/overview", "Throughput and users"],
  ["/runs/42/endpoints", "/item/[id]"],
  ["/runs/42/endpoints?entry=4", "Distribution"],
  ["/runs/42/endpoints?group=path", "/checkout ("],
  ["/runs/42/failures", "Errors in the test script"],
  ["/runs/42/workers", "200 running"],
  ["/runs/42/log", "looked at"],
  ["/runs/42/setup", "locustfile.py"],
  ["/runs/41/overview", "Ended at"],
  ["/compare?a=40&b=41", "B used 20 % more users"],
];
