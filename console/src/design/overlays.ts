/** What Mantine has that loads later; see dialogs.tsx and NumberInput.tsx. */
export { Drawer, Modal } from "@mantine/core";
