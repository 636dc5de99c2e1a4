// What the menu of the bar on top opens.

import { signOut } from "../state/orders.ts";
import { version } from "../state/run.ts";
import { session } from "../state/session.ts";
import { type Theme, theme } from "../state/settings.ts";
import { isListOpen } from "./shortcuts.ts";

const THEMES: readonly [Theme, string][] = [
  ["system", "System"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** Theme, keys, signing out, and which version this is. */
export function BarMenu(props: { close: () => void }) {
  return (
    <>
      <fieldset class="themes">
        <legend>Theme</legend>
        {THEMES.map(([value, text]) => (
          <label class="check" key={value}>
            <input
              type="radio"
              name="theme"
              checked={theme.value === value}
              onChange={() => {
                theme.value = value;
              }}
            />
            <span>{text}</span>
          </label>
        ))}
      </fieldset>
      <button
        type="button"
        class="menu-item"
        onClick={() => {
          props.close();
          isListOpen.value = true;
        }}
      >
        Keyboard
      </button>
      {session.value?.is_login_required && (
        <button type="button" class="menu-item" onClick={() => void signOut()}>
          Sign out
        </button>
      )}
      {version.value && <p class="note menu-note">gregaria {version.value}</p>}
    </>
  );
}
