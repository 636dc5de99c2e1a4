// Only what is on the screen is drawn: an element's size, and whether it is seen.

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Size of an element in pixels and whether it is on the screen; `null` before it is known. */
export interface Seen {
  readonly width: number;
  readonly height: number;
  readonly isSeen: boolean;
}

/** Follows an element's size and whether it is on the screen. */
export function useSeen(element: RefObject<HTMLElement | null>): Seen | null {
  const [seen, setSeen] = useState<Seen | null>(null);
  useEffect(() => {
    const target = element.current;
    if (!target) {
      return;
    }
    let isSeen = false;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = target;
      setSeen((before) =>
        before?.width === width && before.height === height && before.isSeen === isSeen
          ? before
          : { width, height, isSeen },
      );
    };
    const sizes = new ResizeObserver(measure);
    const sight = new IntersectionObserver(([entry]) => {
      isSeen = entry?.isIntersecting ?? false;
      measure();
    });
    sizes.observe(target);
    sight.observe(target);
    return () => {
      sizes.disconnect();
      sight.disconnect();
    };
  }, [element]);
  return seen;
}
