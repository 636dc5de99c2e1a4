// A state in a shape and a word; and a small mark beside a text.

import type { ComponentChildren } from "preact";

/** How grave it is. */
export type Tone = "plain" | "ok" | "busy" | "warning" | "danger";

/** The state beside the name of a run. */
export function Pill(props: { shape: string; word: string; tone: Tone }) {
  return (
    <span class={`pill ${props.tone}`}>
      <span aria-hidden="true">{props.shape}</span> {props.word}
    </span>
  );
}

/** A line across the page that says what has to be known now. */
export function Strip(props: {
  tone: "plain" | "warning" | "danger";
  children: ComponentChildren;
}) {
  return (
    <div class={`strip ${props.tone}`} role="status">
      {props.children}
    </div>
  );
}
