// Notices that go away, and the words for those who do not see the screen.

/** Short notices at the edge of the screen. */
export function Toasts(props: {
  toasts: readonly { id: number; text: string }[];
  onDismiss: (id: number) => void;
}) {
  return (
    <div class="toasts" role="status">
      {props.toasts.map((toast) => (
        <div key={toast.id} class="toast">
          <span>{toast.text}</span>
          <button
            type="button"
            class="button quiet"
            onClick={() => props.onDismiss(toast.id)}
            aria-label="Dismiss"
          >
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}

/** What is read out: when there is a pause, and at once. */
export function Announcer(props: { politely: string; atOnce: string }) {
  return (
    <div class="unseen">
      <div aria-live="polite">{props.politely}</div>
      <div aria-live="assertive">{props.atOnce}</div>
    </div>
  );
}
