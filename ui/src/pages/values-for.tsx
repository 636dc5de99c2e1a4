// Says which stretch of the run figures are of, and takes it away.

import { formatElapsed } from "../format.ts";
import { Button } from "../parts/button.tsx";
import { setWindow } from "../state/place.ts";

/** The stretch, as the server has widened it to what it has counted. */
export function ValuesFor(props: { stretch: { from: number; to: number } }) {
  const { from, to } = props.stretch;
  return (
    <Button kind="quiet" onClick={() => setWindow(null)}>
      Values for {formatElapsed(from)}–{formatElapsed(to)} ✕
    </Button>
  );
}
