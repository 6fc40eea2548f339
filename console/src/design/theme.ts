import { createTheme } from "@mantine/core";

/** Behaviour of Mantine's components; their colours come from tokens.css. */
export const theme = createTheme({
  primaryColor: "teal",
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm" } },
    // Locking the scroll would inject a style element, which the content security policy forbids.
    Modal: { defaultProps: { lockScroll: false, radius: 12, overlayProps: { backgroundOpacity: 0.35 } } },
    Drawer: { defaultProps: { lockScroll: false, position: "right", overlayProps: { backgroundOpacity: 0.25 } } },
    TextInput: { defaultProps: { size: "sm" } },
    Tooltip: { defaultProps: { withArrow: true, multiline: true, maw: 280, openDelay: 200 } },
    Menu: { defaultProps: { shadow: "md", position: "bottom-end" } },
  },
});
