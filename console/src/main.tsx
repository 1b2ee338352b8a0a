/** Starts the console: token out of the address bar, light or dark as the system is, then the application. */

import "@cloudscape-design/global-styles/index.css";
import "./styles.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { followColorScheme } from "./lib/colorScheme";
import { takeTokenFromAddress } from "./lib/token";

takeTokenFromAddress();
followColorScheme();

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
