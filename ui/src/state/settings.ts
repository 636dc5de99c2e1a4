// What somebody chose for this browser. Without storage, a choice lasts as long as the page.

import { effect, signal } from "@preact/signals";

/** Light or dark, or what the system says. */
export type Theme = "system" | "light" | "dark";

function stored(name: string): string | null {
  try {
    return window.localStorage.getItem(`gregaria.${name}`);
  } catch {
    return null;
  }
}

function store(name: string, value: string): void {
  try {
    window.localStorage.setItem(`gregaria.${name}`, value);
  } catch {
    // A browser that stores nothing forgets the choice; there is nobody to tell.
  }
}

function storedTheme(): Theme {
  const theme = stored("theme");
  return theme === "light" || theme === "dark" ? theme : "system";
}

export const theme = signal<Theme>(storedTheme());
/** Whether charts show the clock and not the elapsed time. */
export const isClock = signal(stored("clock") === "on");
/** Whether single keys are shortcuts. */
export const hasKeys = signal(stored("keys") !== "off");

/** Applies choices and keeps them. Runs before anything is drawn. */
export function applySettings(): void {
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "system") {
      delete root.dataset.theme;
    } else {
      root.dataset.theme = theme.value;
    }
    store("theme", theme.value);
  });
  effect(() => store("clock", isClock.value ? "on" : "off"));
  effect(() => store("keys", hasKeys.value ? "on" : "off"));
}
