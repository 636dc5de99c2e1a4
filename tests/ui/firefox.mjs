#!/usr/bin/env node
// Debian's Firefox as playwright-core can drive it, by WebDriver BiDi. Stands for the browser's command:
// what Firefox does not know yet (emulating a theme) is answered in its place, all else passes through.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../ui/package.json", import.meta.url));
const { ws: Socket, wsServer: SocketServer } = require("playwright-core/lib/utilsBundle");

/** Commands that are answered here, as if they had been carried out. */
const UNKNOWN = new Set(["emulation.setMediaFeaturesOverride"]);

const firefox = spawn(process.env.FIREFOX ?? "/usr/bin/firefox-esr", process.argv.slice(2), {
  stdio: ["inherit", "inherit", "pipe"],
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
  process.on(signal, () => firefox.kill(signal));
}
firefox.on("exit", (code) => process.exit(code ?? 1));
firefox.stderr.setEncoding("utf8");
firefox.stderr.on("data", (text) => {
  const found = /WebDriver BiDi listening on ws:\/\/([\d.]+):(\d+)/.exec(text);
  if (found) {
    relay(`ws://${found[1]}:${found[2]}`);
  } else {
    process.stderr.write(text);
  }
});

/** Listens in the place of `far`, and says where in the words of Firefox. */
function relay(far) {
  const server = new SocketServer({ host: "127.0.0.1", port: 0 }, () => {
    process.stderr.write(`WebDriver BiDi listening on ws://127.0.0.1:${server.address().port}\n`);
  });
  server.on("connection", (near, request) => {
    const socket = new Socket(far + request.url, { maxPayload: 256 * 1024 * 1024 });
    const waiting = [];
    near.on("message", (data) => {
      const { id, method } = JSON.parse(data);
      if (UNKNOWN.has(method)) {
        near.send(JSON.stringify({ type: "success", id, result: {} }));
      } else if (socket.readyState === Socket.OPEN) {
        socket.send(String(data));
      } else {
        waiting.push(String(data));
      }
    });
    socket.on("open", () => waiting.splice(0).forEach((text) => void socket.send(text)));
    socket.on("message", (data) => near.send(String(data)));
    socket.on("close", () => near.close());
    near.on("close", () => socket.close());
  });
}
