// Styles of what is loaded later: they come with its code, and the first screen does without them.

import cloud from "./cloud.css?inline";
import later from "./later.css?inline";
import tabs from "./tabs.css?inline";

const sheet = new CSSStyleSheet();
sheet.replaceSync(tabs + later + cloud);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
