/** Closing the loop with everybody: what was told, and what it was good for. One piece, loaded when the first of it is opened. */
export { RecoveryPage } from "./RecoveryPage";
export { TellingsPage } from "./TellingsPage";
