// A dialog is the browser's own: it traps the focus, Escape closes it, and the focus returns.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import "../style/later.ts";

/** A question that has to be answered before anything else. Shown as long as it is mounted. */
export function Dialog(props: {
  title: ComponentChildren;
  onClose: () => void;
  isWide?: boolean;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.isWide ? "wide" : undefined}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <h2 id={title}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** A panel beside what it belongs to: all about a row. Escape closes it, and the focus returns. */
export function Panel(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const panel = useRef<HTMLElement>(null);
  const title = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    panel.current?.focus();
    return () => before?.focus?.();
  }, []);
  return (
    <section
      ref={panel}
      class="panel"
      aria-labelledby={title}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) {
          event.stopPropagation();
          props.onClose();
        }
      }}
    >
      <header>
        <h2 id={title}>{props.title}</h2>
        <button type="button" class="button quiet" onClick={props.onClose} aria-label="Close">
          ✕
        </button>
      </header>
      <div class="panel-body">{props.children}</div>
    </section>
  );
}
