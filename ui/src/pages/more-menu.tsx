// What the menu in the head of a run opens.

import { isLasting, state } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { copyLink } from "./run-header.tsx";

/** What is done more seldom than stopping a run or starting it again. */
export function MoreMenu(props: {
  close: () => void;
  onExport: () => void;
  onNote: () => void;
  onDiscard: () => void;
}) {
  const item = (text: string, work: () => void) => (
    <button
      type="button"
      class="menu-item"
      onClick={() => {
        props.close();
        work();
      }}
    >
      {text}
    </button>
  );
  return (
    <>
      {isLasting.value && isOperator.value && item("Add note", props.onNote)}
      {item("Copy link", copyLink)}
      {(isLasting.value || !isOperator.value) && item("Export", props.onExport)}
      {state.value?.end && isOperator.value && item("Discard run", props.onDiscard)}
    </>
  );
}
