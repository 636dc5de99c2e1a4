// One `requestAnimationFrame` for all that is drawn: however many charts a second changes, the browser
// lays out and paints once.

const waiting = new Map<object, () => void>();
let isAsked = false;

/** Has something drawn in the next frame; a later request of the same owner takes its place. */
export function draw(owner: object, work: () => void): void {
  waiting.set(owner, work);
  if (!isAsked) {
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      const now = [...waiting.values()];
      waiting.clear();
      for (const job of now) {
        job();
      }
    });
  }
}

/** Drops what an owner wanted drawn. */
export function drop(owner: object): void {
  waiting.delete(owner);
}
