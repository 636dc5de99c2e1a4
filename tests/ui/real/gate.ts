// What lies between a browser and a server: lets everything through, holds it back, or cuts it off.

import { connect, createServer, type Server, type Socket } from "node:net";

/** A relay to a port of this machine. */
export class Gate {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private isShut = false;

  constructor(port: number) {
    this.server = createServer((near) => {
      if (this.isShut) {
        near.destroy();
        return;
      }
      const far = connect(port, "127.0.0.1");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from);
        from.setNoDelay(true);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
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

  /** Cuts every connection, and takes no further one. */
  shut(): void {
    this.isShut = true;
    this.sockets.forEach((socket) => void socket.destroy());
  }

  /** Takes connections again. */
  unlock(): void {
    this.isShut = false;
  }

  /** Ends. */
  close(): Promise<void> {
    this.shut();
    return new Promise((settle) => this.server.close(() => settle()));
  }
}
