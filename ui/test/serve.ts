// `npm run dev [port]`: the built page about a scripted run, to be looked at.

import { serve } from "./server.ts";

const port = Number(process.argv[2] ?? 8095);
const server = serve(port);
console.log(`the page about a scripted run: ${await server.open()}`);
