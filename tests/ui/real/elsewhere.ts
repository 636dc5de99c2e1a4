// A site of somebody else.

import { createServer, type Server } from "node:http";

/** A server of another origin with an empty page. */
export class Elsewhere {
  private readonly server: Server = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>Elsewhere</title><body>");
  });

  /** Listens on every address of this machine, and says at which port. */
  open(): Promise<number> {
    return new Promise((settle) => {
      this.server.listen(0, () => settle((this.server.address() as { port: number }).port));
    });
  }

  /** Ends. */
  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((settle) => this.server.close(() => settle()));
  }
}
