// Viewers without a browser: each holds a stream open and counts what comes.

import { get, type IncomingMessage } from "node:http";

/** What a tab of the overview asks for. */
export const TOPICS = "overview,entries,failures";

/** Some viewers at once. */
export class Viewers {
  private readonly streams: { answer: IncomingMessage; ticks: number; bytes: number }[] = [];

  /** Opens so many streams. */
  static async open(url: string, count: number, topics = TOPICS): Promise<Viewers> {
    const viewers = new Viewers();
    await Promise.all(
      Array.from({ length: count }, async () => {
        const answer = await new Promise<IncomingMessage>((settle, fail) => {
          get(`${url}/api/v1/stream?topics=${topics}`, { agent: false }, settle).on("error", fail);
        });
        const stream = { answer, ticks: 0, bytes: 0 };
        answer.setEncoding("utf8").on("data", (text: string) => {
          stream.bytes += text.length;
          stream.ticks += text.split("event: tick").length - 1;
        });
        answer.on("error", () => {});
        viewers.streams.push(stream);
      }),
    );
    return viewers;
  }

  /** Ticks that each has got. */
  ticks(): number[] {
    return this.streams.map((stream) => stream.ticks);
  }

  /** Ends all. */
  close(): void {
    for (const stream of this.streams) {
      stream.answer.destroy();
    }
  }
}
