import "@fontsource-variable/inter";
import "./design/mantine.css";
import "./design/tokens.css";
import "./design/global.css";
import "texts:first";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";

createRoot(document.getElementById("root") as HTMLElement).render(<App />);
