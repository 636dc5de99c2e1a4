// A button that opens a few more: a disclosure, so that Tab and Escape do what they do everywhere.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

/** What opens below a button; `children` gets the function that closes it. */
export function Menu(props: {
  label: ComponentChildren;
  /** What the button is called where its label is a sign. */
  name?: string;
  kind?: "plain" | "quiet";
  isPanel?: boolean;
  disabled?: boolean;
  id?: string;
  children: (close: () => void) => ComponentChildren;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) {
      return;
    }
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) {
        setIsOpen(false);
      }
    };
    document.addEventListener("pointerdown", outside);
    root.current?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => document.removeEventListener("pointerdown", outside);
  }, [isOpen]);
  const close = () => {
    setIsOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  return (
    <div
      ref={root}
      class="menu"
      onKeyDown={(event) => {
        if (event.key === "Escape" && isOpen) {
          event.stopPropagation();
          close();
        }
      }}
    >
      <button
        type="button"
        id={props.id}
        class={`button ${props.kind ?? "plain"}`}
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={props.name}
        disabled={props.disabled}
        onClick={() => setIsOpen(!isOpen)}
      >
        {props.label}
      </button>
      {isOpen && (
        <div id={id} class={props.isPanel ? "menu-panel" : "menu-list"}>
          {props.children(close)}
        </div>
      )}
    </div>
  );
}
