import "@fontsource-variable/inter";
import "@mantine/core/styles.css";
import "./design/tokens.css";
import "./design/global.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";

createRoot(document.getElementById("root") as HTMLElement).render(<App />);
