// Buttons. `main` is the one thing a page is for, `stop` ends a run, `quiet` is all the rest.

import type { ButtonHTMLAttributes, ComponentChildren } from "preact";

/** How a button looks. */
export type Kind = "main" | "stop" | "plain" | "quiet";

/** A button that never submits a form unless it says so. */
export function Button(
  props: Omit<ButtonHTMLAttributes<HTMLButtonElement>, "type"> & {
    kind?: Kind;
    isSubmit?: boolean;
    disabled?: boolean;
    children: ComponentChildren;
  },
) {
  const { kind = "plain", isSubmit = false, children, ...rest } = props;
  return (
    <button {...rest} type={isSubmit ? "submit" : "button"} class={`button ${kind}`}>
      {children}
    </button>
  );
}

/** Copies a text, and says so. */
export function CopyButton(props: { text: string; label?: string }) {
  return (
    <Button
      kind="quiet"
      onClick={async (event) => {
        const button = event.currentTarget as HTMLButtonElement;
        const before = button.textContent;
        try {
          await navigator.clipboard.writeText(props.text);
          button.textContent = "Copied";
        } catch {
          // Without a secure address there is no clipboard: the text is selected to be copied by hand.
          button.textContent = "Select and copy";
        }
        setTimeout(() => {
          button.textContent = before;
        }, 2000);
      }}
    >
      {props.label ?? "Copy"}
    </Button>
  );
}
