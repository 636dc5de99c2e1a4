// Pages that are loaded when somebody goes there: the first screen does not wait for them.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A component that is fetched when it is first shown. */
export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [Component, setComponent] = useState<{ is: ComponentType<Props> } | null>(
      loaded && { is: loaded },
    );
    const [hasFailed, setHasFailed] = useState(false);
    useEffect(() => {
      if (loaded === null) {
        load().then(
          (component) => {
            loaded = component;
            setComponent({ is: component });
          },
          () => setHasFailed(true),
        );
      }
    }, []);
    if (Component) {
      return <Component.is {...props} />;
    }
    return (
      <p class="waiting" role="status">
        {hasFailed ? "This part could not be loaded. Load the page again." : "Loading…"}
      </p>
    );
  };
}
