// The report file: one run without a server, made of the same parts as the page.

import { render } from "preact";
import { followPaper } from "./chart/paper.ts";
import "./style/tokens.css";
import "./style/base.css";
import "./style/parts.css";
import "./style/pages.css";
import "./style/tabs.css";
import "./style/report.css";
import type { Report } from "./model.ts";
import { ReportPage } from "./report-page.tsx";

const text = document.getElementById("report")?.textContent ?? "null";
const report = JSON.parse(text) as Report | null;
const root = document.createElement("div");
document.body.append(root);
if (report === null) {
  root.textContent = "This file is the frame of a report: there is no run in it.";
} else {
  followPaper();
  document.title = `${report.run.name}, run ${report.run.id}`;
  render(<ReportPage report={report} />, root);
}
