// A target on loopback that knows what it was asked: the figures of the page are compared with its own.

import { createServer, type Server } from "node:http";

/** A server that counts its requests and answers at once; below `/missing` with 404. */
export class Target {
  /** Requests by path. */
  readonly requests = new Map<string, number>();
  /** When the last one came, in milliseconds since 1970. */
  lastAt = 0;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const path = request.url ?? "";
      this.lastAt = Date.now();
      this.requests.set(path, (this.requests.get(path) ?? 0) + 1);
      response.statusCode = path.startsWith("/missing") ? 404 : 200;
      response.end("ok");
    });
  }

  /** Listens, and says where. */
  open(): Promise<string> {
    return new Promise((settle) => {
      this.server.listen(0, "127.0.0.1", () => {
        settle(`http://127.0.0.1:${(this.server.address() as { port: number }).port}`);
      });
    });
  }

  /** All requests. */
  get count(): number {
    return [...this.requests.values()].reduce((sum, each) => sum + each, 0);
  }

  /** Ends, whoever is connected. */
  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((settle) => this.server.close(() => settle()));
  }
}
